"""Health endpoints: alive, ready."""

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection

from tests.ledger.attacker import past_the_guards, run

pytestmark = pytest.mark.both_databases("the whole of the product, once on each")


class LostStorage(FileSystemStorage):
    """A disk, or a bucket, that does not answer."""

    def exists(self, name):
        raise OSError("lost")


def test_it_is_alive(client, db):
    assert client.get("/healthz").status_code == 200


def test_being_alive_does_not_depend_on_the_database(client):
    """No `db`: a query would be refused by the test runner."""
    assert client.get("/healthz").content == b"ok\n"


def parts(client):
    """(status, the parts that do not answer)"""
    answer = client.get("/readyz")
    lines = dict(line.split(": ") for line in answer.content.decode().splitlines())
    assert set(lines) == {"database", "cache", "storage"}
    return answer.status_code, [name for name, state in lines.items() if state != "ok"]


def test_it_is_ready_when_every_part_answers(client, db):
    assert parts(client) == (200, [])


@pytest.mark.parametrize(
    "cache",
    [
        {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        {"BACKEND": "articles.caching.redis_cache.OptionalRedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
    ],
    ids=["forgets", "does not answer"],
)
def test_a_cache_that_fails_is_named_and_the_site_is_ready_without_it(client, db, settings, cache):
    settings.CACHES = {"default": cache}
    assert parts(client) == (200, ["cache"])


def test_a_storage_that_fails_is_named(client, db, settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.portal.test_health.LostStorage"}}
    assert parts(client) == (503, ["storage"])


@pytest.mark.django_db(transaction=True)
def test_a_database_without_its_tables_is_named(client):
    with past_the_guards():
        run("ALTER TABLE portal_identity RENAME TO elsewhere")
        try:
            assert parts(client) == (503, ["database"])
            assert client.get("/healthz").status_code == 200
        finally:
            run("ALTER TABLE elsewhere RENAME TO portal_identity")
    assert parts(client) == (200, [])
    assert connection.introspection.table_names()


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/robots.txt", "/ledger/head.json"])
def test_they_are_read_only(client, db, address):
    assert client.post(address).status_code == 405
    assert client.head(address).status_code == 200
