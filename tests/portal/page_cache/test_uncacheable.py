"""Responses that are never cached hold no lock: their visitors do not wait for one another."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Event, Lock

import pytest
import redis
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from articles.caching import versions
from departments.models import FormerSlug
from portal.page_cache import middleware, uncacheable
from portal.page_cache.uncacheable import UncacheableAddresses
from tests.ledger.attacker import tamper
from tests.ledger.threads import at_once
from tests.portal.page_cache.wsgi_site import Site
from workflow import services

TOGETHER_SECONDS = 30  # after which two requests that had to be in Django at the same time count as kept apart


class Meeting:
    """Django; once `barrier` is set, each request in it waits there for another one."""

    def __init__(self):
        self.django, self.asked, self.lock = WSGIHandler(), Counter(), Lock()
        self.barrier: Barrier | None = None
        self.first_begun, self.first_may_end = Event(), Event()
        self.first_may_end.set()

    def __call__(self, environ, start):
        with self.lock:
            self.asked[environ["PATH_INFO"]] += 1
            is_first = self.asked.total() == 1
        if is_first:
            self.first_begun.set()
            assert self.first_may_end.wait(timeout=TOGETHER_SECONDS)
        elif self.barrier:
            self.barrier.wait(timeout=TOGETHER_SECONDS)
        return self.django(environ, start)


def uncacheable_addresses(newsroom):
    """(address, status) of every kind of response that is never cached."""
    published = newsroom.published(title="公开的一篇")
    withdrawn = newsroom.published(title="撤下的一篇")
    services.withdraw(withdrawn.article, by=newsroom.publisher, reason="有误", notice="本文有误。")
    forged = newsroom.published(title="被改的一篇")
    tamper("UPDATE articles_publication SET title = %s WHERE id = %s", ["别的话", forged.pk])
    former = FormerSlug(slug="former", department=newsroom.department)
    former.apply_seal()
    former.save()
    return [
        ("/nothing/", 404),
        ("/en/nothing/", 404),
        ("/former/", 301),
        (f"/former/{published.article_id}/", 301),
        (withdrawn.get_absolute_url(), 410),
        (forged.get_absolute_url(), 503),
        (f"{published.get_absolute_url()}proof/", 200),
        (f"{published.get_absolute_url()}proof.json", 200),
    ]


def test_no_visitor_of_an_uncacheable_address_waits_for_another_one(newsroom, transactional_db):
    django = Meeting()
    site = Site(django)
    for address, status in uncacheable_addresses(newsroom):
        django.barrier = None
        assert site.ask(address).status == status, address
        django.barrier = Barrier(2)
        answers = at_once([lambda: site.ask(address)] * 2)  # noqa: B023 (they end within this turn)
        assert [getattr(answer, "status", answer) for answer in answers] == [status, status], address


def test_who_waited_for_the_first_response_does_not_wait_for_the_others_too(newsroom, transactional_db):
    django = Meeting()
    site = Site(django)
    django.barrier = Barrier(2)
    answers = at_once([lambda: site.ask("/nothing/")] * 3)
    assert [getattr(answer, "status", answer) for answer in answers] == [404] * 3


def test_an_address_is_cached_as_soon_as_there_is_a_page(newsroom, transactional_db):
    waiting = newsroom.reviewed(title="就要公开的一篇")
    address = f"/{newsroom.department.slug}/{waiting.article_id}/"
    django = Meeting()
    site = Site(django)
    assert [site.ask(address).status for _time in range(2)] == [404, 404]
    services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    versions.expire_versions()
    django.asked.clear()
    django.asked["earlier"] = 1
    answers = at_once([lambda: site.ask(address)] * 4)
    assert [getattr(answer, "status", answer) for answer in answers] == [200] * 4
    assert django.asked[address] == 1, "the page was not rendered once for all"


def test_an_address_is_forgotten_after_a_minute_or_when_anything_public_changes(newsroom):
    known = UncacheableAddresses()
    now, present = timezone.now(), versions.load_versions()
    with time_machine.travel(now, tick=False):
        known.add("/nothing/", present)
        assert known.contains("/nothing/", present) and not known.contains("/other/", present)
    with time_machine.travel(now + timedelta(seconds=uncacheable.REMEMBER_SECONDS), tick=False):
        assert not known.contains("/nothing/", present)
    with time_machine.travel(now, tick=False):
        newsroom.published()
        assert not known.contains("/nothing/", versions.load_versions())
        assert known.contains("/nothing/", present)
        known.discard("/nothing/")
        assert not known.contains("/nothing/", present)


def test_the_addresses_that_are_remembered_are_bounded(newsroom):
    known, present = UncacheableAddresses(), versions.load_versions()
    for number in range(uncacheable.MAX_ADDRESSES * 2 + 10):
        known.add(f"/{number}/", present)
    assert len(known._entries) <= uncacheable.MAX_ADDRESSES


@pytest.mark.redis
def test_processes_do_not_wait_for_one_another_at_an_uncacheable_address(
    newsroom, redis_server, settings, transactional_db, monkeypatch
):
    """Two processes wait while a third one renders. Once it has left no page, both render at the same time."""
    settings.REDIS_URL = redis_server.url
    monkeypatch.setattr(middleware, "RENDER_TIMEOUT_SECONDS", 10 * TOGETHER_SECONDS)
    django = Meeting()
    django.barrier = Barrier(2)
    django.first_may_end.clear()
    first, *others = [Site(django) for _process in range(3)]
    with redis.Redis.from_url(redis_server.url) as store:
        store.flushall()

        def ask_after_the_first(site):
            assert django.first_begun.wait(timeout=TOGETHER_SECONDS)
            return site.ask("/nothing/")

        def end_the_first_once_the_others_wait():
            wanting = set()  # connections that have asked for the lock of the rendering
            while len(wanting) < 3 and not django.first_may_end.is_set():
                wanting |= {client["id"] for client in store.client_list() if client["cmd"] == "set"}
            django.first_may_end.set()

        answers = at_once(
            [
                lambda: first.ask("/nothing/"),
                *[lambda site=site: ask_after_the_first(site) for site in others],
                end_the_first_once_the_others_wait,
            ]
        )
    assert [getattr(answer, "status", answer) for answer in answers[:3]] == [404] * 3
