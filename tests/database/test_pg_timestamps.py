"""PostgreSQL timestamps are read correctly in every form."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, connection

from database.pg_timestamps import TimestampLoader

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no type for moments"),
    pytest.mark.both_databases("statements are compiled for each database"),
]


def read(text, zone="UTC"):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true), %s::timestamptz", [zone, text])
        return cursor.fetchone()[1]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 4, 5, 6, 7, 123456, UTC),
        datetime(2026, 3, 4, 5, 6, 7, 100000, UTC),
        datetime(2026, 3, 4, 5, 6, 7, 0, UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    ],
    ids=str,
)
def test_a_moment_comes_back_as_it_went_in(moment):
    found = read(moment.isoformat())
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_the_zone_of_the_session_changes_nothing_of_the_moment():
    moment = datetime(2026, 3, 4, 5, 6, 7, 8, UTC)
    assert read(moment.isoformat(), "Asia/Shanghai") == moment
    assert read("1900-01-01 00:00:00+08:05:43", "Asia/Shanghai") == datetime(
        1900, 1, 1, tzinfo=timezone(timedelta(hours=8, minutes=5, seconds=43))
    )


@pytest.mark.parametrize("text", ["0005-01-01 00:00+00 BC", "infinity", "20000-01-01 00:00+00"])
def test_a_moment_that_python_has_no_word_for_is_an_error(text):
    with pytest.raises(DataError):
        read(text)


def test_the_connection_reads_by_it():
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(1184, 0) is TimestampLoader
