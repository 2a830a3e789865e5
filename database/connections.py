"""Database connections for code that runs outside Django's request cycle.

Django closes a broken connection at the beginning and end of its own requests. Code in front of Django, and commands
that run for days, must do it themselves, or one restart of PostgreSQL leaves them broken for ever.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from django.db import DatabaseError, connection

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

Result = TypeVar("Result")
POOL_DELAY_SECONDS, POOL_DELAY_BACKOFF = 0.02, 1.5  # eight dead connections in a pool delay a request by 0.6 s


def note_sqlite_features() -> None:
    """Find out once, and for all threads, whether SQLite knows JSON.

    Django asks the database at the first use in each thread, in a transaction, and takes "locked" for "no".
    """
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("SELECT json('{}')")
    type(connection.features).supports_json_field = True


def shorten_pool_delays() -> None:
    """Have psycopg's pool try the next connection soon after a dead one.

    Of itself it pauses for a second after the first, for two after the second: after a restart of PostgreSQL, when all
    that it holds are dead, longer than a request waits for a connection.
    """
    from psycopg_pool.base import AttemptWithBackoff

    AttemptWithBackoff.INITIAL_DELAY, AttemptWithBackoff.DELAY_BACKOFF = POOL_DELAY_SECONDS, POOL_DELAY_BACKOFF


def run_outside_request(action: Callable[[], Result]) -> Result:
    """Return `action()`, and release the connection afterwards, on success and on error.

    If the connection turns out to be stale, it is closed and `action` runs once more, on a new one: it must be safe to
    repeat. Within a transaction nothing is closed or repeated, because the transaction belongs to the caller.
    """
    if connection.in_atomic_block:
        return action()
    refused = _refused()
    try:
        return action()
    except DatabaseError:
        # A server that refuses connections is away; there is no use in waiting for it twice.
        found_none = connection.connection is None and _pool() is not None and _refused() == refused
        if not (_close_if_stale() or found_none):
            raise
        if pool := _pool():
            pool.check()  # drops every broken connection at once; else the pool pauses longer and longer between two
        return action()
    finally:
        if not _close_if_stale():
            connection.close_if_unusable_or_obsolete()


def _pool() -> "ConnectionPool | None":
    return getattr(connection, "pool", None)  # SQLite has none


def _refused() -> int:
    """Return how many connections the server has refused to this process."""
    pool = _pool()
    return pool.get_stats().get("connections_errors", 0) if pool else 0


def _close_if_stale() -> bool:
    """Close a connection on which an error occurred and that answers no more. Return whether it was closed.

    Django's `is_usable` always says yes on SQLite. A connection that could not be opened is not stale.
    """
    raw = connection.connection
    if raw is None or not connection.errors_occurred:
        return False
    try:
        raw.cursor().execute("SELECT 1")
    except connection.Database.Error:
        connection.close()
        return True
    return False
