"""Statements that are given up when they take too long, on both databases."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

STEPS = 1000  # of SQLite's machine between two looks at the clock


class TookTooLong(Exception):
    """The database was stopped; nothing has changed, and the connection can be used on."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Bounds the statements within: PostgreSQL each of them, SQLite all together. Raises TookTooLong."""
    # `connection` is a proxy; its vendor says which of the two ways there is.
    with _SQLITE(seconds) if connection.vendor == "sqlite" else _POSTGRESQL(seconds):
        yield


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    connection.ensure_connection()
    # Kept: inside, the connection may be closed and opened again.
    raw = connection.connection
    raw.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise TookTooLong from error
        raise
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _cancelled_after(seconds: float) -> Iterator[None]:
    from psycopg.errors import QueryCanceled

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            # 0 would mean no bound at all.
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(max(1, math.ceil(seconds * 1000)))])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


_SQLITE, _POSTGRESQL = _interrupted_after, _cancelled_after
