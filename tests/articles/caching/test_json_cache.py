"""Nothing is unpickled: the cache holds signed JSON only."""

import ast
from datetime import timedelta

import pytest
import redis
import time_machine
from django.core.cache import cache
from django.utils import timezone

from articles.caching import json_cache
from articles.reads import counting, redis_buffer
from tests.articles.reads.test_counting import BROWSER
from tests.portal.page_cache.wsgi_site import Site
from tests.test_documentation import PROJECT, modules
from workflow.desk import home

UNSAFE = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_no_module_imports_pickle_or_names_a_serializer_that_does():
    ours = [file for file in modules() if "tests" not in file.parts]
    assert len(ours) > 100
    for file in ours:
        assert not UNSAFE & set(imported(file)), file
        assert "PickleSerializer" not in file.read_text(), file


def test_only_one_module_keeps_values_in_the_cache():
    """`readyz` alone uses the cache itself: it has to see whether the cache answers."""
    users = {str(file.relative_to(PROJECT)) for file in modules() if "django.core.cache" in set(names(file))}
    assert {user for user in users if not user.startswith("tests/")} == {
        "articles/caching/json_cache.py",
        "portal/views.py",
    }


def names(file):
    return (node.module for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom))


@pytest.fixture
def store(redis_server, settings, reads_in_redis, caches_of_the_site):
    """The site keeps pages, figures and reads in an empty Redis; a client that sees bytes."""
    settings.CACHES = caches_of_the_site
    client = redis.Redis.from_url(redis_server.url)
    yield client
    client.close()


def pickled(file):
    """A pickle (protocol 0, written by hand) that makes `file` when it is loaded."""
    return f"cposix\nsystem\n(S'touch {file}'\ntR.".encode()


@pytest.mark.redis
def test_a_pickle_under_any_of_our_keys_runs_nothing_and_breaks_no_page(newsroom, client, store, tmp_path):
    publication = newsroom.published()
    counting.add_reads(publication.article, timezone.localdate(), 7)
    addresses = ["/", f"/{newsroom.department.slug}/", publication.get_absolute_url(), "/readyz"]
    read = f"/reads/{publication.article_id}/"
    headers = {"HTTP_USER_AGENT": BROWSER, "HTTP_SEC_FETCH_SITE": "same-origin"}

    def visit():
        site = Site()
        assert [site.get(address).status for address in addresses] == [200] * len(addresses)
        for number in (1, 2):  # the first read of all is flushed, the second waits
            assert site.get(read, "POST", REMOTE_ADDR=f"192.0.2.{number}", **headers).status == 200
        for person in (newsroom.admin, newsroom.publisher):
            client.force_login(person)
            assert client.get("/admin/").status_code == 200

    visit()
    keys = store.keys()
    kinds = ("tests:page:", ":reads:open", ":reads:total:", ":most-read", ":desk-month:", ":desk-health", ":readyz")
    assert [kind for kind in kinds if not any(kind in key.decode() for key in keys)] == []
    ran = tmp_path / "ran"
    for key in keys:
        store.set(key, pickled(ran))
    visit()
    assert not ran.exists()


@pytest.mark.redis
@pytest.mark.parametrize("key", ["total:{}", "open", "taken", "changes", "batch"])
def test_what_somebody_else_wrote_into_the_counters_is_not_used(newsroom, store, key):
    publication = newsroom.published()
    address, site = f"/reads/{publication.article_id}/", Site()
    headers = {"HTTP_USER_AGENT": BROWSER, "HTTP_SEC_FETCH_SITE": "same-origin"}
    for number in (1, 2):
        site.get(address, "POST", REMOTE_ADDR=f"192.0.2.{number}", **headers)
    if key == "taken":
        store.sadd("tests:reads:taken", "no day")
    elif key == "batch":
        store.hset(store.keys("tests:reads:batch:*")[0], publication.article_id, "many")
    else:
        store.set("tests:reads:" + key.format(publication.article_id), "many")
    store.delete("tests:reads:rest")  # so that the next read flushes
    for more in ({}, {"HTTP_USER_AGENT": ""}):
        assert site.get(address, "POST", **headers | more).status == 200
        redis_buffer._connect.cache_clear()  # else it would leave Redis alone for a while
    assert Site().get(publication.get_absolute_url()).status == 200


@pytest.mark.redis
@pytest.mark.parametrize("garbage", [b"", b"\x80\x05.", b"[" * 100_000, b"\xff\xfe", b"9" * 5000, b"NaN{"])
def test_what_is_no_json_in_redis_is_none(store, garbage):
    cache.set("key", "value")
    assert cache.get("key") == "value"
    store.set(cache.make_key("key"), garbage)
    assert cache.get("key") is None
    assert cache.get_many(["key"]) == {"key": None}


@pytest.mark.redis
def test_a_number_in_redis_can_be_counted_up(store):
    cache.set("number", 7)
    assert cache.incr("number") == 8 and cache.get("number") == 8


@pytest.mark.redis
@pytest.mark.parametrize("forged", ["[1,2]", '"text"', "7", "null", '{"days": 1}', "moved", "old"])
def test_a_value_that_somebody_else_wrote_is_made_again(store, forged):
    def value():
        return json_cache.cached("figures", lambda: {"pair": (1, 2)}, 300)

    assert value() == {"pair": [1, 2]}
    if forged == "moved":
        json_cache.cached("others", lambda: "others", 300)
        forged = store.get(cache.make_key("others"))
    elif forged == "old":
        with time_machine.travel(timezone.now() - timedelta(seconds=301)):
            cache.delete("figures")
            json_cache.cached("figures", lambda: "old", 300)
        forged = store.get(cache.make_key("figures"))
    store.set(cache.make_key("figures"), forged)
    assert value() == {"pair": [1, 2]}


def test_a_value_comes_back_the_same_from_both_caches_and_must_be_json():
    assert json_cache.cached("kept", lambda: (1, 2), 300) == json_cache.cached("kept", list, 300) == [1, 2]
    with pytest.raises(TypeError):
        json_cache.cached("no-json", timezone.now, 300)


def test_the_figures_of_the_desk_are_the_same_when_they_are_read_again(newsroom):
    newsroom.published()
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        shown = [
            (found.stale_departments, found.overdue_count, found.stranded_count)
            for found in (home.site_health(), home.site_health())
        ]
        assert shown[0] == shown[1] and shown[0][0] == home.stale_departments(timezone.now())
    departments = [newsroom.department]
    assert home.month_figures(departments) == home.month_figures(departments)
    assert home.month_figures(departments).published == 1
