"""Listing counts are right at every moment."""

import random
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from articles import publishing
from articles.caching import versions
from articles.listings import counts, pages
from articles.listings.pagination import KeyRange
from articles.models import CountState, ListingSegment, Placement
from articles.models.placement import ListingKey
from articles.models.publication import live_condition
from articles.publication_records import load_records
from ledger.record import record
from ledger.verification.checks import mismatches
from tests.factories import Newsroom
from tests.ledger.threads import at_once

pytestmark = pytest.mark.both_databases("listings and reads use SQL of their own")

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    """So that a few dozen rows make several."""
    monkeypatch.setattr(counts, "MAX_SEGMENT_PLACEMENTS", 3)
    monkeypatch.setattr(counts, "TARGET_SEGMENT_PLACEMENTS", 2)
    monkeypatch.setattr(
        pages.CountedPaginator, "first_rank", lambda self, number: (self.validate_number(number) - 1) * 5
    )
    monkeypatch.setattr(pages, "PAGE_SIZE", 5)


def told(department, within=None):
    """What the pages of a listing show, one after the other: (count, pinned keys, keys)."""
    versions.expire_versions()  # those of half a second ago
    number, found, pinned, count = 1, [], [], None
    while True:
        page = pages.get_listing_page(department, str(number), within)
        found += [row.key for row in page]
        pinned += [row.key for row in page.pinned]
        count = page.paginator.count
        if not page.has_next():
            return count, pinned, found
        number += 1


def true(department, within=None):
    """The same by reading everything, and no column that is kept for counting."""
    now = timezone.now()
    rows = Placement.objects.filter(live_condition(now), department=department, publication__withdrawal=None)
    rows = sorted(rows, key=lambda row: row.key, reverse=True)
    if within:
        keys = [row.key for row in rows if within.since <= row.key < within.until]
        return len(keys), [], keys
    pinned = [row.key for row in rows if row.pinned_until and row.pinned_until > now]
    others = [row.key for row in rows if row.key not in pinned]
    return len(others), pinned, others


def check(newsroom):
    some = timezone.now()
    for department in (newsroom.department, newsroom.elsewhere):
        assert told(department) == true(department)
        for since, until in [(some - 9 * DAY, some - 2 * DAY), (some - 40 * DAY, some + 40 * DAY)]:
            within = KeyRange(ListingKey(since, 0), ListingKey(until, 0))
            assert told(department, within) == true(department, within)


class Acts:
    """Anything that happens to a listing, in an order that chance gives."""

    def __init__(self, newsroom, seed):
        self.newsroom, self.chance = newsroom, random.Random(seed)

    def publication(self):
        rows = list(Placement.objects.select_related("publication__article", "publication__revision"))
        return self.chance.choice(rows).publication

    def publishes(self):
        at = timezone.now() + self.chance.choice([HOUR, 3 * DAY]) if self.chance.random() < 0.3 else None
        dated = timezone.now() - self.chance.randint(0, 30) * DAY if self.chance.random() < 0.7 else None
        columns = [self.newsroom.elsewhere] if self.chance.random() < 0.4 else []
        self.newsroom.published(at=at, dated=dated, columns=columns)

    def corrects(self):
        article = self.publication().article
        if article.publications.live().exists() and not article.publications.scheduled().exists():
            at = self.chance.choice([None, timezone.now() + DAY])
            self.newsroom.published(self.newsroom.rewritten(article), at=at)

    def calls_off(self):
        article = self.publication().article
        if scheduled := article.publications.scheduled().order_by("live_from").last():
            now, records = timezone.now(), load_records(article)
            publishing.call_off_publication(scheduled, now, records)
            self.enter(scheduled, *publishing.reopen_predecessors(scheduled, now, records))

    def sets_an_end(self):
        if found := publishing.live_publication(self.publication().article, timezone.now()):
            scheduled = found.article.publications.scheduled().exists()
            if not scheduled:
                now = timezone.now()
                publishing.schedule_end(found, self.chance.choice([None, now + HOUR]), now)
                self.enter(found)

    def withdraws(self):
        found = publishing.live_publication(self.publication().article, timezone.now())
        if found and not found.article.publications.scheduled().exists():
            words = {"by": self.newsroom.publisher, "reason": "有误", "notice": "已撤稿", "at": timezone.now()}
            publishing.withdraw_publication(found, **words, records=load_records(found.article))
            self.enter(found)

    def pins(self):
        found, until = self.publication(), self.chance.choice([None, timezone.now() + DAY])
        with transaction.atomic():
            publishing.pin_publication(found, until)
            facts = {"publication": found.number, "department": found.department_id, "until": until}
            record("article.pinned", found.article, **facts)

    def moves(self):
        article = self.publication().article
        to = self.chance.choice([self.newsroom.department, self.newsroom.elsewhere])
        moved = publishing.move_publications(article, to, timezone.now())
        record("article.moved", article, seals=publishing.sealed_digests(*moved))

    def enter(self, *ended):
        """Notes the ends in the ledger, from which later acts take them."""
        record("article.expiry_set", ended[0].article, ends=publishing.recorded_ends(*ended))

    def settles(self):
        for department in (self.newsroom.department, self.newsroom.elsewhere):
            counts.apply_pending_counts(department.pk)

    def recounts(self):
        call_command("recount", verbosity=0)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_in_whatever_order_the_numbers_are_right(newsroom, seed):
    acts = Acts(newsroom, seed)
    weights = {"publishes": 8, "corrects": 3, "calls_off": 2, "sets_an_end": 2, "withdraws": 1, "pins": 1, "moves": 2}
    weights |= {"settles": 4, "recounts": 1}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        acts.publishes()
        for _turn in range(40):
            clock.shift(acts.chance.choice([1, 600, 3600, 86400]))
            getattr(acts, acts.chance.choices([*weights], [*weights.values()])[0])()
            check(newsroom)
        assert [found for found in mismatches() if "segment" in found or "listing" in found] == []
        acts.settles()
        assert not list(counts.wrong_segments())
        assert ListingSegment.objects.filter(department=newsroom.department).count() > 1


@pytest.mark.django_db
def test_what_begins_and_ends_on_time_is_counted_with_nothing_run(newsroom):
    now = timezone.now()
    newsroom.published()
    ending = newsroom.published()
    publishing.schedule_end(ending, now + 2 * DAY, now)
    newsroom.published(at=now + DAY)
    counts.apply_pending_counts(newsroom.department.pk)
    for wait, count in [(HOUR, 2), (DAY - HOUR, 2), (DAY + HOUR, 3), (2 * DAY + HOUR, 2)]:
        with time_machine.travel(now + wait, tick=False):
            assert pages.get_listing_page(newsroom.department, "1").paginator.count == count


@pytest.mark.django_db
def test_a_count_that_was_tampered_with_is_named_and_mended(newsroom):
    newsroom.published()
    counts.apply_pending_counts(newsroom.department.pk)
    assert list(mismatches()) == []
    ListingSegment.objects.update(placement_count=7)
    assert [found for found in mismatches() if "counts 7, has 1" in found]
    call_command("recount", verbosity=0)
    assert list(mismatches()) == []
    Placement.objects.update(count_state=None)
    assert any("left out of its listing" in found for found in mismatches())
    Placement.objects.update(count_state=CountState.COUNTED)
    ListingSegment.objects.all().delete()
    assert any("its oldest segment is missing" in found for found in mismatches())


@pytest.mark.django_db
def test_moving_with_a_count_that_is_too_small_goes_through(newsroom):
    article = newsroom.published().article
    counts.apply_pending_counts(newsroom.department.pk)
    ListingSegment.objects.update(placement_count=0)
    publishing.move_publications(article, newsroom.elsewhere, timezone.now())
    assert told(newsroom.department) == true(newsroom.department)
    assert told(newsroom.elsewhere) == true(newsroom.elsewhere)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_several_who_settle_at_once_count_everything_once():
    newsroom = Newsroom.open()
    for _again in range(4):
        for _ in range(6):
            newsroom.published()
        settle = partial(counts.apply_pending_counts, newsroom.department.pk)
        outcomes = at_once([settle, settle, settle, partial(counts.recount, newsroom.department.pk)])
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        counts.apply_pending_counts(newsroom.department.pk)
        assert not list(counts.wrong_segments())
        assert told(newsroom.department) == true(newsroom.department)


@pytest.mark.django_db(transaction=True)
def test_an_article_that_moves_while_its_listing_is_settled_is_counted_where_it_is():
    newsroom = Newsroom.open()
    here, there = newsroom.department, newsroom.elsewhere
    articles = [newsroom.published().article for _ in range(6)]
    for turn in range(6):
        to = [there, here][turn % 2]

        def move(article, to=to):
            from django.db import transaction

            with transaction.atomic():
                moved = publishing.move_publications(article, to, timezone.now())
                record("article.moved", article, seals=publishing.sealed_digests(*moved))

        moves = [partial(move, article) for article in articles[:2]]
        outcomes = at_once([*moves, *(partial(counts.apply_pending_counts, one.pk) for one in (here, there))])
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        for department in (here, there):
            counts.apply_pending_counts(department.pk)
            assert told(department) == true(department)
        assert not list(counts.wrong_segments())


@pytest.mark.django_db(transaction=True)  # within one nothing lasts
def test_a_listing_that_a_reader_has_settled_is_not_settled_by_the_next_one(newsroom, monkeypatch):
    for _ in range(3):
        newsroom.published()
    Placement.objects.update(count_state=CountState.PENDING)
    ListingSegment.objects.all().delete()
    versions.expire_versions()
    monkeypatch.setattr(counts, "MIN_PENDING_PLACEMENTS", 2)
    settle, settled = counts.apply_pending_counts, []
    monkeypatch.setattr(counts, "apply_pending_counts", lambda *given, **how: settled.append(settle(*given, **how)))
    found = [pages.get_listing_page(newsroom.department, "1") for _ in range(3)]
    assert settled == [3]
    assert [len(page) for page in found] == [3, 3, 3]
