"""Reads in Redis reach the database exactly once (scenarios 38, 39)."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from articles.models import FlushedBatch, Read, ReadTotal, RecentRead
from articles.reads import counting, database, flushing, redis_buffer
from articles.reads.database import MAX_READS_PER_ADDRESS
from tests.articles.reads.test_counting import BROWSER, CRAWLERS, read, visit
from tests.ledger.threads import at_once
from workflow import services

pytestmark = [pytest.mark.redis, pytest.mark.both_databases("locks and isolation differ")]
PROJECT = Path(__file__).resolve().parents[3]
POINTS = [
    "before taking",
    "after taking",
    "before the first row",
    "between batch and reads",
    "before the commit",
    "after the commit",
]


@pytest.fixture
def article(newsroom):
    with time_machine.travel(datetime(2026, 1, 5, 10, tzinfo=timezone.get_default_timezone())):
        return newsroom.published().article


@pytest.fixture
def waiting(reads_in_redis):
    """The buffer, while somebody flushed a moment ago: no request does."""
    found = redis_buffer.get_buffer()
    reads_in_redis.set(f"{found.key_prefix}rest", "")
    return found


def stored(article):
    """What the database has: by day and in all, which never differ."""
    by_day = sum(Read.objects.filter(article=article).values_list("count", flat=True))
    in_all = sum(ReadTotal.objects.filter(article=article).values_list("count", flat=True))
    assert by_day == in_all
    return in_all


def flushed():
    out = StringIO()
    call_command("flush_reads", stdout=out)
    return out.getvalue()


def read_by(article, visitors):
    return [read(article, address=f"192.0.2.{n}").json()["reads"] for n in range(visitors)]


def test_a_read_waits_in_redis_and_is_shown_at_once(waiting, article):
    assert read_by(article, 3) == [1, 2, 3]
    assert stored(article) == 0 and counting.total(article.pk) == 3 and counting.totals([article.pk]) == {article.pk: 3}
    assert '"reads"' in Client().get(article.publications.get().get_absolute_url()).content.decode()
    assert not RecentRead.objects.exists()


def test_flushing_moves_the_reads_and_changes_no_figure(waiting, reads_in_redis, article):
    read_by(article, 3)
    assert "3" in flushed()
    assert stored(article) == counting.total(article.pk) == 3
    assert "0" in flushed() and stored(article) == 3
    assert read(article, address="192.0.2.9").json() == {"reads": 4}
    assert len(reads_in_redis.keys("*:batch:*")) == 1


def test_the_same_visitor_is_counted_once_also_after_a_flush(waiting, article):
    assert [read(article).json()["reads"] for _ in range(2)] == [1, 1]
    flushed()
    assert read(article).json() == {"reads": 1}
    assert read(article, agent=BROWSER.replace("140", "141")).json() == {"reads": 2}


def test_one_address_adds_no_more_reads_than_without_redis(waiting, reads_in_redis, article):
    for number in range(60):
        read(article, agent=BROWSER.replace("140", str(200 + number)))
    assert counting.total(article.pk) == MAX_READS_PER_ADDRESS
    assert read(article, address="192.0.2.2").json() == {"reads": MAX_READS_PER_ADDRESS + 1}
    first, _second = sorted(reads_in_redis.keys("*:address:*"), key=reads_in_redis.get, reverse=True)
    assert 1700 < reads_in_redis.ttl(first) <= 1800
    reads_in_redis.delete(first)  # as its expiry does
    assert read(article, agent=BROWSER.replace("140", "259")).json() == {"reads": MAX_READS_PER_ADDRESS + 2}


def test_a_visitor_is_forgotten_after_half_an_hour(waiting, reads_in_redis, article):
    read(article)
    (note,) = reads_in_redis.keys("*:read:*")
    assert 1795 < reads_in_redis.ttl(note) <= 1800 and "127.0.0.1" not in note
    reads_in_redis.delete(note)  # as its expiry does
    assert read(article).json() == {"reads": 2}


def test_just_after_midnight_the_hash_of_the_evening_still_counts(waiting, article):
    evening = datetime(2026, 3, 2, 23, 50, tzinfo=timezone.get_default_timezone())
    assert [visit(article, evening), visit(article, evening + timedelta(minutes=20))] == [1, 1]
    assert (
        visit(article, evening + timedelta(minutes=45)) == 2
    )  # the salt is the day's; the note of the evening is over
    flushed()
    days = Read.objects.filter(article=article).order_by("day").values_list("day", "count")
    assert [(str(day), count) for day, count in days] == [("2026-03-02", 1), ("2026-03-03", 1)]


def test_who_is_no_reader_sees_the_count_and_leaves_nothing(newsroom, waiting, reads_in_redis, article, client):
    read(article)
    client.force_login(newsroom.drafter)
    answers = [read(article, agent=agent).json() for agent in CRAWLERS] + [read(article, client).json()]
    answers.append(read(article, address="192.0.2.9", **{"Sec-Purpose": "prefetch"}).json())
    assert answers == [{"reads": 1}] * len(answers)
    assert len(reads_in_redis.keys("*:read:*")) == 1


def test_a_withdrawn_article_is_read_no_more_than_ten_seconds_later(newsroom, waiting, reads_in_redis, article):
    read(article)
    (known,) = reads_in_redis.keys("*:total:*")
    assert 0 < reads_in_redis.pttl(known) <= 10_000
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="")
    reads_in_redis.delete(known)  # as its expiry does
    assert read(article, address="192.0.2.2").status_code == 404
    for unread in (newsroom.draft(), newsroom.published(at=timezone.now() + timedelta(days=1)).article):
        assert read(unread).status_code == 404
    assert not reads_in_redis.keys("*:total:*")


def test_an_article_that_ends_in_a_moment_is_not_taken_to_be_live_beyond_it(newsroom, waiting, reads_in_redis, article):
    services.expire(article, by=newsroom.publisher, at=timezone.now() + timedelta(seconds=5))
    read(article)
    (known,) = reads_in_redis.keys("*:total:*")
    assert 0 < reads_in_redis.pttl(known) <= 5000


def test_the_shown_total_is_exact_while_a_batch_is_on_its_way(waiting, reads_in_redis, article, monkeypatch):
    """Also between the commit of a batch and its deletion, when both sides have its reads."""
    read_by(article, 3)
    with monkeypatch.context() as patch:
        patch.setattr(redis_buffer.ReadBuffer, "delete_batch", lambda *_: None)
        flushed()
    read(article, address="192.0.2.9")  # in the next batch
    for key in reads_in_redis.keys("*:total:*"):
        reads_in_redis.delete(key)
    assert counting.total(article.pk) == 4 and read(article, address="192.0.2.10").json() == {"reads": 5}
    flushed()
    assert stored(article) == counting.total(article.pk) == 5


def test_a_batch_that_comes_in_between_does_not_settle_a_wrong_total(waiting, reads_in_redis, article, monkeypatch):
    read_by(article, 3)
    reads_in_redis.delete(*reads_in_redis.keys("*:total:*"))
    asked = database.stored_totals

    def flushed_after_the_question(*arguments):
        answer = asked(*arguments)
        monkeypatch.undo()
        flushed()
        return answer

    monkeypatch.setattr(database, "stored_totals", flushed_after_the_question)
    assert read(article, address="192.0.2.9").json() == {"reads": 4}


def test_a_large_batch_is_closed_and_another_begun(newsroom, waiting, monkeypatch):
    monkeypatch.setattr(redis_buffer, "MAX_BATCH_ARTICLES", 2)
    articles = [newsroom.published().article for _ in range(5)]
    for article in articles:
        read_by(article, 2)
    outcome = flushing.flush(waiting, max_batches=2)
    assert (outcome.batch_count, outcome.remaining_batches) == (2, 1)
    assert flushing.flush(waiting).read_count == 10 - outcome.read_count > 0
    assert [stored(article) for article in articles] == [2] * 5


def test_without_a_timer_one_request_a_while_flushes(waiting, reads_in_redis, article):
    """A read that finds that nobody flushes does it; the next ones leave it alone until the pause is over."""
    read_by(article, 2)
    reads_in_redis.delete(f"{waiting.key_prefix}rest")
    read_by(article, 4)
    assert stored(article) == 3
    (pause,) = reads_in_redis.keys("*:rest")
    assert 60 < reads_in_redis.ttl(pause) <= 75
    reads_in_redis.delete(pause)
    read(article, address="192.0.2.9")
    assert stored(article) == 5


def test_a_read_is_answered_when_the_flush_in_passing_fails(waiting, reads_in_redis, article, monkeypatch, caplog):
    reads_in_redis.delete(f"{waiting.key_prefix}rest")

    def fails(*_arguments):
        raise DatabaseError("locked")

    with monkeypatch.context() as patch:
        patch.setattr(database, "add_batch", fails)
        assert read(article).json() == {"reads": 1}
    assert "wait in Redis" in caplog.text
    flushed()
    assert stored(article) == 1


def test_reads_of_an_article_that_is_not_there_are_left_out(waiting, reads_in_redis, article):
    read(article)
    (batch,) = waiting.close_batches()
    reads_in_redis.hset(f"{waiting.key_prefix}batch:{batch}", "1000000000", "5")
    flushed()
    assert stored(article) == 1 and Read.objects.count() == 1


def test_notes_of_batches_are_kept_for_a_month(waiting, article):
    now = timezone.now()
    for days in (29, 31):
        FlushedBatch.objects.create(batch=f"{days}", at=now - timedelta(days=days))
    flushed()
    assert set(FlushedBatch.objects.values_list("batch", flat=True)) & {"29", "31"} == {"29"}


# --- When something dies ------------------------------------------------------------------------------------------


def flusher(point, redis_server):
    """Exit status and output of another process that flushes, and is killed at the point."""
    name = connection.settings_dict["NAME"]
    command = [sys.executable, "-m", "tests.articles.reads.flusher_process", point, redis_server.url, str(name)]
    # The tests' variables; warnings that end this process are the other's own affair.
    done = subprocess.run(command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_flush_that_is_killed_at_any_point_is_made_up_for_and_nothing_counts_twice(
    newsroom, waiting, reads_in_redis, redis_server
):
    article = newsroom.published().article
    visitor = 0
    for number, point in enumerate(POINTS, 1):
        for _ in range(2):
            visitor += 1
            assert read(article, address=f"192.0.2.{visitor}").json() == {"reads": visitor}
        status, said = flusher(point, redis_server)
        assert status == -signal.SIGKILL, (point, said)
        assert counting.total(article.pk) == 2 * number, point
        reads_in_redis.delete(*reads_in_redis.keys("*:total:*"))
        assert counting.total(article.pk) == 2 * number, point
    assert flusher("nowhere", redis_server) == (0, "flushed\n")
    assert stored(article) == counting.total(article.pk) == 2 * len(POINTS)
    assert not reads_in_redis.keys("*:batch:*") and not reads_in_redis.keys("*:taken")


@pytest.mark.django_db(transaction=True)
def test_a_read_that_was_answered_is_in_redis_when_the_process_dies(newsroom, waiting, reads_in_redis, redis_server):
    """A killed process had nothing in its memory: what it answered is there for everybody else."""
    article = newsroom.published().article
    read_by(article, 2)
    assert flusher("within a read", redis_server)[0] == -signal.SIGKILL
    redis_buffer._connect.cache_clear()
    flushed()
    assert stored(article) == 2


@pytest.mark.django_db(transaction=True)
def test_many_flush_while_many_read_and_every_read_is_there_once(newsroom, waiting):
    article = newsroom.published().article

    def reader(number):
        return [read(article, address=f"10.0.{number}.{n}").json()["reads"] for n in range(15)]

    def flushes(_number):
        return [flushing.flush(redis_buffer.get_buffer()).read_count for _ in range(8)]

    acts = [lambda n=n: reader(n) for n in range(4)] + [lambda n=n: flushes(n) for n in range(3)]
    answers = at_once(acts)
    shown = sorted(total for answer in answers[:4] for total in answer)
    assert shown == list(range(1, 61))
    assert all(answer == sorted(answer) for answer in answers[:4])
    flushed()
    assert stored(article) == counting.total(article.pk) == 60


def test_a_batch_that_redis_gives_back_from_an_older_copy_is_not_added_again(waiting, reads_in_redis, article):
    read_by(article, 3)
    (batch,) = waiting.close_batches()
    held = reads_in_redis.hgetall(f"{waiting.key_prefix}batch:{batch}")
    flushed()
    reads_in_redis.hset(f"{waiting.key_prefix}batch:{batch}", mapping=held)
    reads_in_redis.sadd(f"{waiting.key_prefix}taken", batch)
    before = stored(article)
    flushed()
    assert stored(article) == before == 3 and not reads_in_redis.exists(f"{waiting.key_prefix}taken")


def test_numbers_of_batches_never_come_twice_when_redis_was_emptied(waiting, reads_in_redis, article):
    for visitor in range(3):
        read(article, address=f"192.0.2.{visitor}")
        flushed()
        reads_in_redis.flushall()
    assert stored(article) == 3 and FlushedBatch.objects.count() == 3


def test_reads_are_counted_in_the_database_while_redis_is_gone_and_none_is_lost_when_it_is_back(
    waiting, redis_server, article, caplog
):
    read(article)
    flushed()
    redis_server.die()
    try:
        assert [read(article, address=f"192.0.2.{n}").json()["reads"] for n in (2, 3, 3)] == [2, 3, 3]
        assert counting.total(article.pk) == 3 == stored(article)
        assert sum("Redis does not answer" in line for line in caplog.messages) == 1
        with pytest.raises(CommandError):
            call_command("flush_reads")
    finally:
        redis_server.start()
    assert read(article, address="192.0.2.4").json() == {"reads": 4}  # left alone for some seconds
    with time_machine.travel(timezone.now()):
        waiting.breaker.resume()
        assert read(article, address="192.0.2.5").json() == {"reads": 5}
    flushed()
    assert stored(article) == 5


def test_a_redis_that_takes_nothing_more_costs_no_read(waiting, reads_in_redis, article):
    read(article)
    reads_in_redis.config_set("maxmemory", "1")
    try:
        assert read(article, address="192.0.2.2").status_code == 200
    finally:
        reads_in_redis.config_set("maxmemory", "0")
    waiting.breaker.resume()
    flushed()
    assert stored(article) == 2


def test_without_redis_the_command_says_that_there_is_nothing_to_do(db):
    assert "REDIS_URL" in flushed()


ACTS = ["read", "again", "flush", "take", "forget", "die before deleting"]


@given(acts=st.lists(st.sampled_from(ACTS), max_size=25))
@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_the_shown_total_is_the_number_of_visitors(waiting, reads_in_redis, article, acts):
    reads_in_redis.flushall()
    reads_in_redis.set(f"{waiting.key_prefix}rest", "")
    for model in (Read, ReadTotal, FlushedBatch):
        model.objects.all().delete()
    visitors = 0
    for act in acts:
        if act == "read":
            visitors += 1
        if act in ("read", "again") and visitors:
            assert read(article, address=f"10.1.0.{visitors}").json() == {"reads": visitors}
        elif act == "flush":
            flushing.flush(waiting)
        elif act == "take":
            waiting.close_batches()
        elif act == "forget" and (known := reads_in_redis.keys("*:total:*")):
            reads_in_redis.delete(*known)
        elif act == "die before deleting":
            for batch in waiting.close_batches():
                database.add_batch(batch, redis_buffer.batch_day(batch), waiting.batch_counts(batch), timezone.now())
        assert counting.total(article.pk) == visitors
    flushing.flush(waiting)
    assert stored(article) == visitors
