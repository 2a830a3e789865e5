"""A fast reader of PostgreSQL timestamps.

psycopg takes them apart by a regular expression, and Django's reader then replaces the time zone; Python's own reader
of ISO 8601 does both, and in a tenth of the time.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import BaseTzLoader, get_adapters_template


class TimestampLoader(BaseTzLoader):
    """Django's, as it asks for one (`timezone`), for what lies within Python's years and no further."""

    timezone = UTC

    def load(self, data: bytes | memoryview) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)


def register_timestamp_loader() -> None:
    """For every connection that is opened from now on."""
    get_adapters_template(settings.USE_TZ, UTC).adapters.register_loader("timestamptz", TimestampLoader)
