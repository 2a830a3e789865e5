"""Versions change in the transaction of the action that changes a page."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from articles.caching import versions
from articles.caching.versions import ALL_SCOPES, SITE_SCOPE
from articles.models import ContentVersion, Placement
from departments import services as departments
from departments.exceptions import NotAllowed
from portal import identity
from portal.home import block_settings
from portal.models import BlockKind, HomeBlock, Identity
from tests.factories import department
from tests.ledger.threads import at_once
from workflow import services

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("listings and reads use SQL of their own")]
HOUR = timedelta(hours=1)


def stamps(newsroom):
    found = versions.load_versions()
    here, there = newsroom.department.pk, newsroom.elsewhere.pk
    return {
        "site": found.version_key([]),
        "here": found.version_key([here]),
        "elsewhere": found.version_key([there]),
        "all": found.version_key([ALL_SCOPES]),
    }


def changed(newsroom, act):
    """Names of the stamps that an act changes."""
    before = stamps(newsroom)
    act()
    return {name for name, stamp in stamps(newsroom).items() if stamp != before[name]}


def test_publishing_withdrawing_pinning_and_ending_change_the_department_and_no_other(newsroom):
    article = newsroom.published().article
    live = article.publications.get()
    acts = [
        newsroom.published,
        lambda: newsroom.published(newsroom.rewritten(article)),
        lambda: services.pin(article, by=newsroom.publisher, until=timezone.now() + HOUR),
        lambda: services.expire(article, by=newsroom.publisher, at=timezone.now() + HOUR),
        lambda: services.withdraw(article, by=newsroom.publisher, reason="有误", notice=""),
    ]
    for act in acts:
        assert changed(newsroom, act) == {"here", "all"}
    assert live.pk


def test_an_article_changes_every_column_that_shows_it(newsroom):
    shown = newsroom.published(columns=[newsroom.elsewhere])
    assert changed(newsroom, lambda: newsroom.published(columns=[newsroom.elsewhere])) == {"here", "elsewhere", "all"}
    withdrawn = changed(
        newsroom, lambda: services.withdraw(shown.article, by=newsroom.publisher, reason="有误", notice="")
    )
    assert withdrawn == {"here", "elsewhere", "all"}


def test_moving_an_article_changes_both_departments(newsroom):
    article = newsroom.published().article
    assert changed(newsroom, lambda: services.move(article, by=newsroom.admin, to=newsroom.elsewhere)) == {
        "here",
        "elsewhere",
        "all",
    }


def test_what_every_page_shows_changes_every_page(newsroom):
    everything = {"site", "here", "elsewhere", "all"}
    new = HomeBlock(kind=BlockKind.LINKS)
    acts = [
        lambda: identity.save_identity(Identity(name="门户"), by=newsroom.admin),
        lambda: department("公告栏", newsroom.admin),
        lambda: block_settings.save_block(new, by=newsroom.admin),
        lambda: block_settings.remove_block(new, by=newsroom.admin),
        lambda: departments.delete_department(department("空", newsroom.admin), by=newsroom.admin),
    ]
    for act in acts:
        assert changed(newsroom, act) == everything


def test_work_that_nobody_can_see_yet_changes_nothing(newsroom):
    def refused():
        opened = newsroom.submitted()
        with pytest.raises(NotAllowed), transaction.atomic():
            services.approve(opened, by=newsroom.drafter, seen=opened.revision.digest)

    for act in (newsroom.draft, newsroom.submitted, newsroom.reviewed, refused):
        assert changed(newsroom, act) == set()


def test_an_act_that_is_undone_leaves_the_version_as_it_was(newsroom):
    def undone():
        with transaction.atomic():
            newsroom.published()
            transaction.set_rollback(True)

    assert changed(newsroom, undone) == set()


def test_a_beginning_an_end_and_the_end_of_a_pin_change_the_version_by_themselves(newsroom):
    now = timezone.now()
    newsroom.published(at=now + HOUR)
    ends, pinned = newsroom.published().article, newsroom.published().article
    services.expire(ends, by=newsroom.publisher, at=now + 2 * HOUR)
    services.pin(pinned, by=newsroom.publisher, until=now + 3 * HOUR)
    seen = []
    for minutes in (59, 61, 119, 121, 179, 181):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            seen.append(versions.load_versions().boundaries.get(newsroom.department.pk))
    assert [moment and round((moment - now) / HOUR, 3) for moment in seen] == [None, 1, None, 2, None, 3]


def test_versions_are_read_twice_a_second(newsroom, transactional_db):
    with time_machine.travel(1_795_000_000.1, tick=False) as clock:
        first = versions.current_versions()
        newsroom.published()
        assert versions.current_versions() is first and versions.cached_versions() is first
        clock.shift(0.5)
        assert versions.cached_versions() is None
        assert versions.current_versions().version_key([newsroom.department.pk]) != first.version_key(
            [newsroom.department.pk]
        )


def test_within_a_transaction_nothing_is_kept_for_others(newsroom):
    assert versions.current_versions() is not versions.current_versions()
    assert versions.cached_versions() is None


def test_many_acts_leave_few_rows(newsroom, transactional_db):
    place, seen = newsroom.department, {versions.load_versions().version_key([])}
    for _ in range(versions.MAX_SLOTS_PER_SCOPE + 2):
        departments.save_department(place, by=newsroom.admin)
        seen.add(versions.load_versions().version_key([]))  # reading clears
    assert ContentVersion.objects.filter(scope=SITE_SCOPE).count() <= versions.MAX_SLOTS_PER_SCOPE
    assert len(seen) == versions.MAX_SLOTS_PER_SCOPE + 3


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="on SQLite a transaction that writes is alone")
def test_no_act_waits_for_the_version_that_another_one_has_changed(newsroom, transactional_db):
    publications = [newsroom.published(), newsroom.published()]
    both_have_changed_it = Barrier(2, timeout=20)

    def touch(publication):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            Placement.objects.filter(publication=publication).update(pinned_until=timezone.now() + HOUR)
            both_have_changed_it.wait()  # and neither has committed

    before = versions.load_versions().version_key([newsroom.department.pk])
    assert at_once([partial(touch, one) for one in publications]) == [None, None]
    assert versions.load_versions().version_key([newsroom.department.pk]) != before
