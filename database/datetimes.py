"""Datetimes in raw SQL: to and from the text that SQLite stores."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection as default_connection


def adapt_param(value: Any, connection: Any = default_connection) -> Any:
    """Return a date or datetime as its field would write it into a statement, any other parameter as it is."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value


def read_datetime(value: datetime | str | None) -> datetime | None:
    """Return a datetime from a raw row or from JSON, with its time zone; None for None."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
