"""The site recovers when the database drops every connection."""

import runpy
import sqlite3
from contextlib import closing
from threading import Barrier

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections

from articles.caching import versions
from articles.models import Publication, ReadTotal
from database.connections import run_outside_request
from tests.articles.reads.test_counting import BROWSER
from tests.ledger.threads import at_once
from tests.portal.page_cache.wsgi_site import Site
from tests.test_documentation import PROJECT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases("statements are compiled for each database"),
]
OURS = {"HTTP_USER_AGENT": BROWSER, "HTTP_SEC_FETCH_SITE": "same-origin"}


def end_sessions():
    """Ends every session of the test database on PostgreSQL, as its administrator could."""
    names = ("host", "port", "user", "password", "dbname")
    known = {name: value for name, value in connection.get_connection_params().items() if name in names}
    with psycopg.connect(**known, autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def break_connections(held):
    """Breaks the connections of this process. `held`: the thread holds one, which has not been released."""
    if held or connection.vendor == "sqlite":
        connection.ensure_connection()
    if connection.vendor == "sqlite":
        connection.connection.close()  # behind Django's back
    else:
        end_sessions()


@pytest.fixture
def site():
    yield Site()
    connections.close_all()  # a broken one is left to no other test
    if connection.vendor == "postgresql":
        connection.pool.check()


@pytest.fixture(params=[False, True], ids=["in the pool", "held by the thread"])
def held(request):
    return request.param


def test_the_next_page_answers_after_all_connections_broke(newsroom, site, held):
    address = newsroom.published(title="一直在").get_absolute_url()
    for _ in range(3):
        assert site.ask(address).status == 200
        break_connections(held)
        versions.expire_versions()
        assert "一直在" in site.ask(address).text
        site.pages.memory_store.clear()
        break_connections(held)
        versions.expire_versions()
        assert "一直在" in site.ask(address).text


def test_a_page_that_breaks_within_django_is_there_at_the_next_request(newsroom, site, held):
    """The versions are known, so nothing in front of Django sees the broken connection."""
    address = newsroom.published(title="一直在").get_absolute_url()
    site.ask(address)
    break_connections(held)
    site.pages.memory_store.clear()
    site.ask(address)
    versions.expire_versions()
    assert "一直在" in site.ask(address).text


def test_a_pool_full_of_broken_connections_fails_no_page(newsroom, site):
    address = newsroom.published(title="一直在").get_absolute_url()
    connection.close()
    everybody = Barrier(5, timeout=60)

    def hold():
        connection.ensure_connection()
        everybody.wait()

    assert at_once([hold] * 5) == [None] * 5
    break_connections(held=False)
    versions.expire_versions()
    assert "一直在" in site.ask(address).text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite is asked")
def test_a_database_that_is_locked_at_the_first_query_of_a_thread_still_knows_json(newsroom):
    publication = newsroom.published()

    def read_json():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")
        return connection.features.supports_json_field, Publication.objects.get(sign_offs__0__step="审核").pk

    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert at_once([read_json]) == [(True, publication.pk)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has a pool")
def test_a_page_of_django_waits_less_than_a_second_for_a_pool_of_dead_connections(newsroom, client, monkeypatch):
    address = newsroom.published(title="一直在").get_absolute_url()
    connection.close()
    size = connection.pool.max_size
    everybody, delays = Barrier(size, timeout=60), []

    def hold():
        connection.ensure_connection()
        everybody.wait()

    assert at_once([hold] * size) == [None] * size
    end_sessions()
    monkeypatch.setattr("psycopg_pool.pool.sleep", delays.append)
    assert "一直在" in client.get(address).content.decode()
    assert len(delays) == size and sum(delays) < 1


def test_a_read_counts_once_after_all_connections_broke(newsroom, site, held):
    article = newsroom.published().article
    for number in (1, 2, 3):
        break_connections(held)
        answer = site.ask(f"/reads/{article.pk}/", "POST", REMOTE_ADDR=f"192.0.2.{number}", **OURS)
        assert (answer.status, answer.text) == (200, f'{{"reads": {number}}}')
    break_connections(held)
    assert site.ask(f"/reads/{article.pk}/", "POST", REMOTE_ADDR="192.0.2.3", **OURS).text == '{"reads": 3}'
    connections.close_all()
    assert ReadTotal.objects.get(article=article).count == 3


def raw():
    connection.ensure_connection()
    return connection.connection


def test_a_stale_connection_is_replaced_and_the_action_repeated_once(site):
    calls = []

    def action():
        calls.append(raw())
        if len(calls) == 1:
            break_connections(held=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 7")
            return cursor.fetchone()[0]

    assert run_outside_request(action) == 7
    assert len(calls) == 2 and calls[0] is not calls[1]


def test_an_action_that_breaks_the_connection_each_time_is_given_up_and_leaves_none_behind(site):
    calls = []

    def action():
        calls.append(raw())
        break_connections(held=True)
        connection.cursor().execute("SELECT 7")

    with pytest.raises(DatabaseError):
        run_outside_request(action)
    assert len(calls) == 2
    assert connection.connection is None


@pytest.mark.parametrize("statement", ["SELECT nonsense FROM nowhere", ""])
def test_an_error_on_a_sound_connection_is_raised_and_nothing_repeated(site, statement):
    calls = []

    def action():
        calls.append(raw())
        if not statement:
            raise IntegrityError
        connection.cursor().execute(statement)

    with pytest.raises(DatabaseError):
        run_outside_request(action)
    assert len(calls) == 1
    assert connection.vendor == "sqlite" or connection.connection is None  # back in the pool


def test_the_pool_checks_connections_and_waits_three_seconds_at_most(monkeypatch, environment):
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@127.0.0.1/somewhere")
    database = runpy.run_path(str(PROJECT / "portal/settings.py"))["DATABASES"]["default"]
    assert database["CONN_HEALTH_CHECKS"] is True  # Django then gives the pool check_connection
    assert database["OPTIONS"]["pool"]["timeout"] <= 3
    assert database["OPTIONS"]["pool"]["reconnect_timeout"] <= 3
    if connection.vendor == "postgresql":
        assert connection.pool._check == psycopg_pool_check()


def psycopg_pool_check():
    from psycopg_pool import ConnectionPool

    return ConnectionPool.check_connection
