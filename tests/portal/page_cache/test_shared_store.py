"""The Redis store of the page cache, without trust in Redis."""

import gzip
from threading import Event

import pytest
import redis
from django.core.handlers.wsgi import WSGIHandler

from articles.caching import versions
from portal.page_cache import page as kept
from portal.page_cache.stores import MAC_BYTES
from tests.ledger.threads import at_once
from tests.portal.page_cache.wsgi_site import Site

pytestmark = [pytest.mark.redis, pytest.mark.django_db]


class Counting:
    """Django, and how often it was asked; `slowly`: it waits in the middle until it is let on."""

    def __init__(self):
        self.django, self.asked = WSGIHandler(), []
        self.begun, self.let_on = Event(), Event()
        self.let_on.set()

    def __call__(self, environ, start):
        self.asked.append(environ["PATH_INFO"])
        self.begun.set()
        assert self.let_on.wait(timeout=30)
        return self.django(environ, start)


@pytest.fixture
def store(redis_server, settings):
    settings.REDIS_URL = redis_server.url
    client = redis.Redis.from_url(redis_server.url)
    client.flushall()
    yield client
    client.close()


def processes(count):
    django = Counting()
    return [Site(django) for _ in range(count)], django


def only_page(store):
    (name,) = store.keys("tests:page:*")
    return name


def test_what_one_process_has_rendered_another_one_serves(newsroom, store):
    newsroom.published(title="同一页")
    (first, second), django = processes(2)
    page = first.get("/")
    assert second.get("/").body == page.body and "同一页" in page.text
    assert second.get("/").headers["ETag"] == page.headers["ETag"]
    assert django.asked == ["/"]


def test_a_publication_shows_at_once_in_every_process(newsroom, store):
    """Scenario 41."""
    sites, _django = processes(3)
    for site in sites:
        site.get("/")
    newsroom.published(title="新的一篇")
    assert all("新的一篇" in site.get("/").text for site in sites)


def test_a_process_that_does_not_know_yet_of_an_act_takes_the_newer_page(newsroom, store, transactional_db):
    (first, second), django = processes(2)
    first.ask("/")
    newsroom.published(title="新的一篇")
    versions.expire_versions()
    first.ask("/")  # has looked at the versions again, and rendered
    assert "新的一篇" in second.ask("/").text
    assert django.asked == ["/", "/"]


@pytest.mark.parametrize("how", ["other words", "another address", "cut off", "nonsense", "unsigned"])
def test_what_somebody_else_has_put_into_redis_is_not_served(newsroom, store, how):
    """Invariant 5: the sealed words, or an error."""
    publication = newsroom.published(title="签发的一篇")
    (first, second), django = processes(2)
    if how == "another address":
        first.get("/feed/")
        forged = store.get(only_page(store))
        store.flushall()
    page = first.get("/")
    name = only_page(store)
    found = store.get(name)
    if how == "other words":
        head, _, body = found.partition(b"\x1f\x8b")
        forged = head + gzip.compress(gzip.decompress(b"\x1f\x8b" + body).replace("签发".encode(), "篡改".encode()))
    elif how == "cut off":
        forged = found[:-20]
    elif how == "nonsense":
        forged = b"x"
    elif how == "unsigned":
        forged = found[MAC_BYTES:]
    store.set(name, forged)
    assert second.get("/").body == page.body
    assert django.asked[-1] == "/" and len(django.asked) > 1
    assert publication.pk


def test_many_who_want_a_page_at_once_wait_for_one_rendering(newsroom, store, transactional_db):
    newsroom.published(title="热门的一篇")
    versions.expire_versions()
    sites, django = processes(2)
    django.let_on.clear()

    def ask(site):
        if len(django.asked) == 0 or site is sites[1]:
            django.begun.wait(timeout=1)
        return site.ask("/").text

    def let_on():
        assert django.begun.wait(timeout=30)
        django.let_on.set()

    answers = at_once([*[lambda site=site: ask(site) for site in sites * 4], let_on])
    assert all("热门的一篇" in text for text in answers[:-1])
    assert django.asked == ["/"]


def test_without_redis_every_process_goes_on_alone(newsroom, redis_server, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # where nobody listens
    newsroom.published(title="没有缓存也能读")
    (first, second), django = processes(2)
    for site in (first, second, first, second):
        assert "没有缓存也能读" in site.get("/").text
    assert django.asked == ["/", "/"]


def test_a_page_in_redis_does_not_outlive_its_time(newsroom, store):
    (first,), _django = processes(1)
    first.get("/")
    assert 0 < store.ttl(only_page(store)) <= kept.MAX_AGE_SECONDS
    assert store.keys("tests:rendering:*") == []
