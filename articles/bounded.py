"""Statements that are given up when they take too long, on both databases."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

# Of PostgreSQL: before its statistics know a table it may choose to read all of it, and compile a program for that.
PLANNING = {"enable_seqscan": "off", "jit": "off"}
STEPS = 1000  # of SQLite's machine between two looks at the clock


class TookTooLong(Exception):
    """The database was stopped; nothing has changed, and the connection can be used on."""


class Clock:
    """Says whether the time is up. Between statements it stops what goes on; within one the database looks."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def is_up(self) -> bool:
        return time.monotonic() >= self.end

    def before_each(self, execute: Callable, *statement: Any) -> Any:
        """A wrapper of statements, as `connection.execute_wrapper` takes it."""
        if self.is_up():
            raise TookTooLong
        return execute(*statement)


@contextmanager
def at_most(seconds: float) -> Iterator[Clock]:
    """Bounds the statements within, all together; the last may on PostgreSQL take as long again.

    What Python does between them is not stopped: whoever does much asks the clock. Raises TookTooLong.
    """
    clock = Clock(seconds)
    # `connection` is a proxy; its vendor says which of the two ways there is.
    bound = _interrupted_after if connection.vendor == "sqlite" else _cancelled_after
    with bound(seconds, clock), connection.execute_wrapper(clock.before_each):
        yield clock


@contextmanager
def _interrupted_after(_seconds: float, clock: Clock) -> Iterator[None]:
    connection.ensure_connection()
    # Kept: inside, the connection may be closed and opened again.
    raw = connection.connection
    raw.set_progress_handler(clock.is_up, STEPS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise TookTooLong from error
        raise
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _cancelled_after(seconds: float, _clock: Clock) -> Iterator[None]:
    from psycopg.errors import QueryCanceled

    is_within = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # 0 would mean no bound at all.
            kept = {"statement_timeout": str(max(1, math.ceil(seconds * 1000))), **PLANNING}
            cursor.execute(
                "WITH asked AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS asked (name, wanted)), "
                "now AS MATERIALIZED (SELECT name, wanted, current_setting(name) AS before FROM asked) "
                "SELECT name, before, set_config(name, wanted, true) FROM now",
                [list(kept), list(kept.values())],
            )
            before = {name: value for name, value, _wanted in cursor.fetchall()}
            yield
            if is_within:  # else the end of the transaction undoes them
                cursor.execute(
                    "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS asked (name, value)",
                    [list(before), list(before.values())],
                )
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise
