"""Only what the ledger has as pinned stands at the top of a listing as pinned (scenario 56)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.ledger.attacker import tamper
from tests.ledger.auditor import verify
from tests.portal.visitor import visit
from workflow import services

pytestmark = pytest.mark.both_databases("moments are read back from each database")
DAY = timedelta(days=1)


@pytest.fixture
def pinned(newsroom):
    older = newsroom.published(title="置顶的一篇")
    newsroom.published(title="更晚的一篇")
    services.pin(older.article, by=newsroom.publisher, until=timezone.now() + DAY)
    return older


def marks(publication):
    """Titles of the listing, and whether the row says that it is pinned."""
    page = visit(publication.department.get_absolute_url())
    return [
        (row.seen_words, bool(row.all("span", class_="pinned"))) for row in page.all("span", class_="listing-title")
    ]


def test_what_was_pinned_at_the_desk_stands_first(pinned):
    assert marks(pinned) == [("置顶 置顶的一篇", True), ("更晚的一篇", False)]


def test_what_was_pinned_in_the_database_is_not_shown_as_pinned(newsroom, pinned):
    """Scenario 56."""
    other = newsroom.published(title="第三篇")
    tamper(
        "UPDATE articles_placement SET pinned_until = %s WHERE publication_id = %s", [timezone.now() + DAY, other.pk]
    )
    assert marks(pinned) == [("置顶 置顶的一篇", True), ("更晚的一篇", False)]
    assert verify() == [f"placement {other.placements.get().pk} (article {other.article_id}): pinned outside the site"]


def test_a_pin_that_was_made_longer_or_taken_away_in_the_database_is_named(pinned):
    """Scenario 56."""
    where = f"placement {pinned.placements.get().pk} (article {pinned.article_id})"
    tamper("UPDATE articles_placement SET pinned_until = %s", [timezone.now() + 9 * DAY])
    assert f"{where}: pinned outside the site" in verify()
    tamper("UPDATE articles_placement SET pinned_until = NULL")
    assert f"{where}: taken down outside the site" in verify()
