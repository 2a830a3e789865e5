"""Concurrent readers, publishers and schedules: one live version, on time."""

import os
from datetime import timedelta
from functools import partial
from itertools import pairwise
from threading import Event

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from articles import publishing
from articles.models import Placement, Publication, Revision
from articles.search import index
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import Newsroom, everything
from tests.ledger.threads import at_once
from tests.workflow.action_calls import approve
from tests.workflow.action_factories import DAY
from workflow import services
from workflow.rules.states import PublicState, state_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases("locks and isolation differ")]
TURNS = range(24 * int(os.environ.get("RACES", "25")) // 5)


@pytest.fixture
def newsroom(transactional_db):
    return Newsroom.open()


def address(article):
    return f"/{article.department.slug}/{article.pk}/"


@pytest.mark.slow
def test_readers_find_exactly_one_version_while_one_replaces_the_other(newsroom):
    """Scenario 25."""
    article = newsroom.published(body="<p>第0稿。</p>").article
    done = Event()

    def replace():
        try:
            for number in range(1, 16):
                newsroom.published(newsroom.rewritten(article, body=f"<p>第{number}稿。</p>"))
        finally:
            done.set()

    def read():
        seen, client = [], Client()
        while not done.is_set():
            live = list(Publication.objects.live().filter(article=article).values_list("number", flat=True))
            listed = Placement.objects.live().filter(article=article).count()
            page = client.get(address(article))
            words = page.content.decode()
            shown = [number for number in range(16) if f"<p>第{number}稿。</p>" in words]
            seen.append((live, listed, page.status_code, shown))
        return seen

    _none, *readings = at_once([replace, read, read])
    assert _none is None
    for seen in readings:
        assert seen
        shown = [numbers for _live, _listed, _status, numbers in seen]
        assert all(len(live) == listed == 1 for live, listed, _status, _shown in seen)
        assert all(status == 200 and len(numbers) == 1 for _live, _listed, status, numbers in seen)
        assert shown == sorted(shown)  # and nobody goes back to an older one
    assert article.publications.count() == 16
    assert list(mismatches()) == []


@pytest.mark.parametrize("half", range(2))
def test_publications_that_race_for_one_article_never_overlap(newsroom, half):
    """Scenarios 25 and 29: 120 races of three in each half (fewer where RACES is below 25).

    They go past the services, which would hold the article's lock.
    """

    def publish(pk, at):
        with transaction.atomic():
            revision = Revision.objects.select_related("article__department").get(pk=pk)
            return publishing.create_publication(revision, at=at, now=at, sign_offs=[])

    revision = newsroom.published().revision
    for turn in TURNS:
        now = timezone.now()
        times = [now + timedelta(milliseconds=gap) for gap in (0, turn % 3, (turn + half) % 5)]
        outcomes = at_once([partial(publish, revision.pk, at) for at in times])
        # On PostgreSQL two may wait for each other, and one of them is told of the deadlock.
        known = publishing.PublishResult | IntegrityError | OperationalError
        assert all(isinstance(one, known) for one in outcomes), outcomes
        assert any(isinstance(one, publishing.PublishResult) for one in outcomes), outcomes
        for at in times:
            assert revision.article.publications.live(at).count() <= 1
        assert revision.article.publications.live(max(times)).count() == 1
    rows = revision.article.publications.not_called_off().order_by("live_from").values_list("live_from", "live_until")
    for (_start, end), (start, _end) in pairwise(rows):
        assert end is not None and end <= start


@pytest.fixture
def no_search_table(newsroom):
    """The table of the search index is away until the test gives it back."""
    away = f"{index.PUBLIC_INDEX.table}_away"

    def rename(old, new):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename(index.PUBLIC_INDEX.table, away)
    yield partial(rename, away, index.PUBLIC_INDEX.table)
    with connection.cursor() as cursor:
        if away in connection.introspection.table_names(cursor):
            cursor.execute(f"ALTER TABLE {away} RENAME TO {index.PUBLIC_INDEX.table}")


def broken_half_way(act):
    """What the act left behind when the database failed it: nothing."""
    before = everything()
    with pytest.raises(DatabaseError):
        act()
    assert everything() == before


@pytest.fixture
def waiting(newsroom):
    """Signed off but for the last step; public now are other words, and a replacement is scheduled."""
    article = newsroom.published(body="<p>旧文。</p>").article
    newsroom.published(newsroom.rewritten(article), at=timezone.now() + DAY)
    return newsroom.reviewed(newsroom.rewritten(article, body="<p>新文。</p>"))


@pytest.mark.parametrize("later", [None, DAY / 2, 2 * DAY])
def test_a_publication_that_fails_half_way_leaves_everything_as_it_was(newsroom, waiting, no_search_table, later):
    """Scenario 26. The index is fed after the old interval was closed and the new publication was written."""
    at = timezone.now() + later if later else None
    broken_half_way(lambda: approve(waiting, newsroom.publisher, at=at))
    assert state_of(waiting.article).public == PublicState.REPLACING
    assert "旧文。" in Client().get(address(waiting.article)).content.decode()
    give_back = no_search_table
    give_back()
    assert approve(waiting, newsroom.publisher, at=at)
    assert list(mismatches()) == []


@pytest.mark.parametrize("act", ["unschedule", "withdraw", "emergency"])
def test_other_acts_on_what_is_public_fail_as_a_whole_too(newsroom, waiting, no_search_table, act):
    """Scenario 26."""
    article, by = waiting.article, newsroom.publisher
    acts = {
        "unschedule": partial(services.unschedule, article, by=by, reason="改期"),
        "withdraw": partial(services.withdraw, article, by=by, reason="有误", notice="已撤稿"),
        "emergency": partial(
            services.publish_in_emergency, article, by=by, seen=waiting.revision.digest, reason="紧急"
        ),
    }
    broken_half_way(acts[act])
    no_search_table()
    acts[act]()
    assert list(mismatches()) == []


def test_what_is_due_appears_on_time_without_any_worker_and_one_broken_item_holds_up_no_other(newsroom):
    """Scenario 29."""
    at = timezone.now() + DAY
    broken, whole = newsroom.published(title="坏的", at=at), newsroom.published(title="好的", at=at)
    replaced = newsroom.published(title="旧的").article
    newsroom.published(newsroom.rewritten(replaced, title="新的"), at=at)
    entries = Entry.objects.count()
    Publication.objects.filter(pk=broken.pk).update(seal_signature="00" * 64)  # behind the application's back
    listing = f"/{newsroom.department.slug}/"
    with time_machine.travel(at - timedelta(microseconds=1), tick=False):
        page = Client().get(listing).content.decode()
        assert "旧的" in page and not any(title in page for title in ("坏的", "好的", "新的"))
        assert Client().get(address(whole.article)).status_code == 404
    with time_machine.travel(at, tick=False):
        for _process in "ab":  # nothing is remembered from one to the next
            page = Client().get(listing).content.decode()
            assert "好的" in page and "新的" in page and "坏的" not in page and "旧的" not in page
            assert page.count(f'href="{address(whole.article)}"') == 1
        assert Client().get(address(whole.article)).status_code == 200
        assert Client().get(address(broken.article)).status_code == 503
    assert Entry.objects.count() == entries
    assert any(f"publication {broken.pk} " in line for line in mismatches())


def test_a_due_item_is_public_to_many_readers_at_once_and_once(newsroom):
    """Scenario 29."""
    article = newsroom.published(at=timezone.now() + DAY).article
    with time_machine.travel(timezone.now() + 2 * DAY, tick=False):
        pages = at_once([lambda: Client().get(address(article)).status_code] * 6)
    assert pages == [200] * 6
    assert article.publications.count() == 1
