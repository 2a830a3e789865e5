"""Time limits for single SQL statements, on SQLite and PostgreSQL."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

# Of PostgreSQL: before its statistics know a table it may choose to read all of it, and compile a program for that.
PLANNER_SETTINGS = {"enable_seqscan": "off", "jit": "off"}
SQLITE_STEPS_PER_CHECK = 1000  # of SQLite's machine between two looks at the clock


class TimeLimitExceeded(Exception):
    """The database was stopped; nothing has changed, and the connection can be used on."""


class Deadline:
    """Says whether the time is up. Between statements it stops what goes on; within one the database looks."""

    def __init__(self, seconds: float) -> None:
        self.expires_at = time.monotonic() + seconds

    def has_passed(self) -> bool:
        return time.monotonic() >= self.expires_at

    def check_before_execute(self, execute: Callable, *statement: Any) -> Any:
        """A wrapper of statements, as `connection.execute_wrapper` takes it."""
        if self.has_passed():
            raise TimeLimitExceeded
        return execute(*statement)


@contextmanager
def time_limit(seconds: float) -> Iterator[Deadline]:
    """Bounds the statements within, all together; the last may on PostgreSQL take as long again.

    What Python does between them is not stopped: whoever does much asks the clock. Raises TimeLimitExceeded.
    """
    deadline = Deadline(seconds)
    # `connection` is a proxy; its vendor says which of the two ways there is.
    backend_limit = _sqlite_time_limit if connection.vendor == "sqlite" else _postgresql_time_limit
    with backend_limit(seconds, deadline), connection.execute_wrapper(deadline.check_before_execute):
        yield deadline


@contextmanager
def _sqlite_time_limit(_seconds: float, deadline: Deadline) -> Iterator[None]:
    connection.ensure_connection()
    # Kept: inside, the connection may be closed and opened again.
    sqlite_connection = connection.connection
    sqlite_connection.set_progress_handler(deadline.has_passed, SQLITE_STEPS_PER_CHECK)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise TimeLimitExceeded from error
        raise
    finally:
        sqlite_connection.set_progress_handler(None, 0)


@contextmanager
def _postgresql_time_limit(seconds: float, _deadline: Deadline) -> Iterator[None]:
    from psycopg.errors import QueryCanceled

    in_outer_transaction = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # 0 would mean no bound at all.
            local_settings = {"statement_timeout": str(max(1, math.ceil(seconds * 1000))), **PLANNER_SETTINGS}
            cursor.execute(
                "WITH asked AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS asked (name, wanted)), "
                "now AS MATERIALIZED (SELECT name, wanted, current_setting(name) AS before FROM asked) "
                "SELECT name, before, set_config(name, wanted, true) FROM now",
                [list(local_settings), list(local_settings.values())],
            )
            previous_settings = {name: value for name, value, _wanted in cursor.fetchall()}
            yield
            if in_outer_transaction:  # else the end of the transaction undoes them
                cursor.execute(
                    "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS asked (name, value)",
                    [list(previous_settings), list(previous_settings.values())],
                )
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TimeLimitExceeded from error
        raise
