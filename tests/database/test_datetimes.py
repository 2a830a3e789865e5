"""Datetimes that go into raw SQL and come out of it are the same on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import connection
from django.utils.timezone import now

from articles.models import Article, Read
from database.datetimes import adapt_param, read_datetime


@pytest.mark.django_db
def test_a_row_is_found_by_its_datetime_and_gives_it_back(newsroom):
    article = newsroom.draft()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT created_at FROM articles_article WHERE created_at = %s", [adapt_param(article.created_at)]
        )
        assert read_datetime(cursor.fetchone()[0]) == Article.objects.get().created_at


@pytest.mark.django_db
def test_a_row_is_found_by_its_day(newsroom):
    Read.objects.create(article=newsroom.draft(), day=date(2026, 11, 30), count=3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count FROM articles_read WHERE day = %s", [adapt_param(date(2026, 11, 30))])
        assert cursor.fetchone() == (3,)


@pytest.mark.parametrize("value", [5, "2026-11-30", None])
def test_other_parameters_stay_as_they_are(value):
    assert adapt_param(value) is value


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (None, None),
        ("2026-11-30 08:00:00.000005", datetime(2026, 11, 30, 8, microsecond=5, tzinfo=UTC)),
        ("2026-11-30T16:00:00+08:00", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        (datetime(2026, 11, 30, 8), datetime(2026, 11, 30, 8, tzinfo=UTC)),  # noqa: DTZ001 (as SQLite gives it)
        (datetime(2026, 11, 30, 16, tzinfo=timezone(timedelta(hours=8))), datetime(2026, 11, 30, 8, tzinfo=UTC)),
    ],
)
def test_without_a_zone_it_is_utc(raw, read):
    assert read_datetime(raw) == read


def test_the_present_stays_what_it_is():
    assert read_datetime(moment := now()) is moment
