"""Publications: one live per article, and what was sealed stays."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from articles import publishing
from articles.models import Placement, Publication, Withdrawal
from ledger.models import Entry
from tests.ledger.attacker import copied, on_postgresql, on_sqlite, past_the_guards, refused, run, tamper, undone
from tests.ledger.auditor import named, verify
from tests.ledger.threads import at_once
from workflow import services

pytestmark = pytest.mark.both_databases("triggers, constraints and the statements that try to pass them differ")

DAY = timedelta(days=1)


@pytest.fixture
def live(newsroom):
    return newsroom.published()


@pytest.fixture
def ended(newsroom):
    """A publication whose interval has ended: from a moment ago until now."""
    published = newsroom.published()
    publishing.schedule_end(published, published.live_from + DAY, timezone.now())
    return published


def copy(publication, live_from, live_until, **changes):
    """The statement that puts in another publication of the same revision for the interval."""
    facts = {"number": 99, "live_from": live_from, "live_until": live_until, "first_live_from": live_from, **changes}
    return copied(Publication, publication.pk, **facts)


# Intervals.


def interval(publication, begins, ends):
    """The interval, given in days from the beginning of the publication's own."""
    start = publication.live_from
    return start + begins * DAY, None if ends is None else start + ends * DAY


def test_overlapping_publications_of_an_article_are_refused(ended):
    """Scenario 25. The one that is there lasts from day 0 to day 1."""
    intervals = [(0, 1), (0, None), (0.5, 0.75), (0.5, 2), (0.5, None), (-1, 0.5), (-1, 2), (-1, None), (0.999, 1.5)]
    for begins, ends in intervals:
        refused(*copy(ended, *interval(ended, begins, ends)))
    assert Publication.objects.count() == 1


def test_publications_that_follow_each_other_are_not(ended):
    """Scenario 25. An empty interval is one that was called off: it overlaps nothing."""
    for begins, ends in [(1, 2), (1, None), (-1, 0), (5, None), (0.5, 0.5), (0, 0)]:
        with undone():
            assert run(*copy(ended, *interval(ended, begins, ends))) == 1


def test_nothing_is_put_beside_what_is_live_until_further_notice(live):
    refused(*copy(live, live.live_from + 100 * DAY, None))
    refused(*copy(live, timezone.now() + DAY, timezone.now() + 2 * DAY))


def test_an_interval_does_not_grow_into_the_next(ended):
    run(*copy(ended, ended.live_from + 2 * DAY, None))
    grow = "UPDATE articles_publication SET live_until = %s WHERE id = %s"
    for until in (None, ended.live_from + 3 * DAY, ended.live_from + 2 * DAY):
        run("UPDATE articles_publicationend SET until = %s WHERE publication_id = %s", [until, ended.pk])
        if until == ended.live_from + 2 * DAY:
            assert run(grow, [until, ended.pk]) == 1
        else:
            assert "recorded end" not in refused(grow, [until, ended.pk])


def test_an_interval_ends_where_the_recorded_end_says(live, ended):
    """Scenario 55. Nobody signs the column."""
    for publication in (live, ended):
        for column in ("live_until", "planned_until"):
            change = f"UPDATE articles_publication SET {column} = %s WHERE id = %s"
            assert "recorded end" in refused(change, [ended.live_from + DAY / 2, publication.pk])
    assert "recorded end" in refused("UPDATE articles_publication SET live_until = NULL WHERE id = %s", [ended.pk])


def test_an_end_stays_with_its_publication_and_a_withdrawal_is_final(newsroom, live, ended):
    """Scenario 55."""
    end = ended.end.__class__.objects.get(publication=ended)
    for change in (f"publication_id = {live.pk}", "id = 4711"):
        assert "stays with it" in refused(f"UPDATE articles_publicationend SET {change} WHERE id = %s", [end.pk])
    refused("UPDATE articles_publicationend SET kind = 'withdrawn' WHERE id = %s", [end.pk])  # it lies ahead
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="")
    for change in ("until = NULL", "until = '2030-01-01 00:00:00'", "kind = 'planned'"):
        words = refused(f"UPDATE articles_publicationend SET {change} WHERE publication_id = %s", [live.pk])
        assert "final" in words, change


def test_articles_do_not_stand_in_each_others_way(newsroom, live):
    assert newsroom.published().live_until is None
    assert Publication.objects.live().count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("begins", [[1, 1], [1, 2], [3, 1, 2, 1]])
def test_of_several_overlapping_publications_at_the_same_moment_exactly_one_survives(newsroom, begins):
    """Scenario 25. A trigger alone would let two transactions through."""
    published = newsroom.published()
    publishing.schedule_end(published, published.live_from + DAY, timezone.now())

    def publish(number, day):
        with transaction.atomic():
            return run(*copy(published, published.live_from + day * DAY, None, number=number))

    acts = [lambda number=number, day=day: publish(number, day) for number, day in enumerate(begins, 10)]
    outcomes = at_once(acts)
    assert outcomes.count(1) == 1
    assert sum(isinstance(outcome, DatabaseError) for outcome in outcomes) == len(begins) - 1
    assert Publication.objects.filter(live_until=None).count() == 1


def test_publishing_again_replaces_what_is_live_without_a_gap_and_without_an_overlap(newsroom):
    """Scenario 25."""
    first = newsroom.published()
    second = newsroom.published(newsroom.rewritten(first.article))
    third = newsroom.published(newsroom.rewritten(first.article), at=timezone.now() + DAY)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.live_until, second.live_until, third.live_until) == (second.live_from, third.live_from, None)
    tick = timedelta(microseconds=1)
    for moment, shown in [
        (first.live_from - tick, []),
        (first.live_from, [1]),
        (second.live_from - tick, [1]),
        (second.live_from, [2]),
        (third.live_from - tick, [2]),
        (third.live_from, [3]),
        (third.live_from + 1000 * DAY, [3]),
    ]:
        found = first.article.publications.live(moment).values_list("number", flat=True)
        assert list(found) == shown
    assert verify() == []


def test_the_first_publication_time_never_changes(newsroom):
    """Scenario 36."""
    first = newsroom.published()
    second = newsroom.published(newsroom.rewritten(first.article))
    assert second.first_live_from == first.live_from == second.dated
    services.withdraw(first.article, by=newsroom.publisher, reason="有误", notice="")
    again = newsroom.published(newsroom.rewritten(first.article))
    assert again.first_live_from == first.live_from == again.dated
    refused("UPDATE articles_publication SET first_live_from = %s", [timezone.now() - DAY])


def test_an_earlier_date_is_shown_only_openly(newsroom):
    """Scenario 36."""
    earlier = timezone.now() - 1000 * DAY
    published = newsroom.published(dated=earlier)
    assert published.dated == earlier and published.first_live_from == published.live_from
    assert Entry.objects.get(verb="article.published").data["dated_openly"] is True
    newsroom.published()
    assert Entry.objects.filter(verb="article.published").last().data["dated_openly"] is False


# What was sealed.

SEALED = ["article_id", "number", "revision_id", "title", "summary", "address", "cover_digest", "dated", "columns"]
SEALED += ["files", "sign_offs", "first_live_from", "live_from", "digest", "body_digest", "created_at", "is_emergency"]


def other_value(publication, column):
    now = getattr(publication, column)
    special = {"columns": "[99]", "files": '["x"]', "sign_offs": "[]", "is_emergency": True}
    if column in special:
        return special[column]
    if hasattr(now, "tzinfo"):
        return now + DAY if column == "live_from" else now - DAY
    return now + 1 if isinstance(now, int) else "别的话"


def test_nothing_of_a_publication_changes(live):
    for column in SEALED:
        words = refused(f'UPDATE articles_publication SET "{column}" = %s', [other_value(live, column)])
        assert "a publication never changes" in words, column


@pytest.mark.slow
def test_a_publication_that_was_changed_all_the_same_is_named(newsroom, live):
    """Scenario 43."""
    others = {
        "department_id": newsroom.elsewhere.pk,
        "live_until": timezone.now() + DAY,
        "seal_key": "0" * 16,
        "seal_signature": "0" * 128,
        "revision_id": newsroom.submitted().revision_id,
        "article_id": live.article_id + 1,
    }
    for column in {*SEALED, *others}:
        with undone():
            value = others[column] if column in others else other_value(live, column)
            tamper(f'UPDATE articles_publication SET "{column}" = %s', [value])
            assert named(f"publication {live.pk}"), column


@pytest.mark.slow
def test_nonsense_in_a_publication_is_named_and_stops_neither_page_nor_command(newsroom, client, live):
    """Scenario 43."""
    other = newsroom.published(title="没有动过的一篇")
    for column in ["columns", "files", "sign_offs"]:
        for nonsense in ["[1.5]", "{}", "null", '"x"', "[null]", "[[]]", "7"]:
            with undone():
                tamper(f'UPDATE articles_publication SET "{column}" = %s WHERE id = %s', [nonsense, live.pk])
                assert named(f"publication {live.pk}"), (column, nonsense)
                assert not named(f"publication {other.pk}"), (column, nonsense)
                assert client.get(live.get_absolute_url()).status_code == 503, (column, nonsense)
                assert "没有动过的一篇" in client.get("/").content.decode(), (column, nonsense)


def test_words_of_a_publication_may_vanish_and_never_be_replaced(live):
    """Scenario 49."""
    assert run("UPDATE articles_publication SET title = '', summary = ''") == 1
    refused("UPDATE articles_publication SET title = '又来'")


def test_an_emergency_may_be_cleared_and_never_declared_afterwards(newsroom):
    """Scenario 27."""
    now = timezone.now()
    revision = newsroom.reviewed().revision
    publishing.create_publication(revision, at=now, now=now, sign_offs=[], is_emergency=True)
    assert run("UPDATE articles_publication SET is_emergency = FALSE") == 1
    refused("UPDATE articles_publication SET is_emergency = TRUE")


def test_a_draft_is_not_published(newsroom, live):
    draft = newsroom.rewritten(live.article).active_draft()
    facts = {"revision_id": draft.pk, "digest": draft.compute_digest()}
    words = refused(*copy(live, live.live_from - DAY, live.live_from, **facts))
    assert "only a frozen revision" in words


def test_a_revision_is_published_under_its_own_digest_and_article_only(newsroom, live):
    assert run(*copy(live, *interval(live, -1, 0), number=98)) == 1
    other = newsroom.published().article_id
    for facts in [{"digest": "0" * 64}, {"body_digest": "0" * 64}, {"article_id": other}]:
        assert "under its own digest" in refused(*copy(live, *interval(live, -2, -1), **facts))


def test_no_publication_ends_before_it_begins_or_begins_before_the_first(live):
    with past_the_guards():
        refused("UPDATE articles_publication SET live_until = %s", [live.live_from - DAY])
        refused("UPDATE articles_publication SET first_live_from = %s", [live.live_from + DAY])


def test_publications_and_withdrawals_are_never_removed(newsroom, live):
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="")
    Placement.objects.all().delete()
    for table in ["articles_publication", "articles_publicationend", "articles_withdrawal"]:
        assert "never removed" in refused(f"DELETE FROM {table}")


@on_postgresql
def test_publications_and_withdrawals_are_not_truncated(live):
    connection.check_constraints()
    for table in ["articles_publication", "articles_publicationend", "articles_withdrawal"]:
        refused(f"TRUNCATE {table} CASCADE")


@on_sqlite
@pytest.mark.parametrize("pragma", ["ON", "OFF"])
def test_a_publication_is_never_replaced(live, pragma):
    run(f"PRAGMA recursive_triggers = {pragma}")
    try:
        refused(*copied(Publication, live.pk, "INSERT OR REPLACE", id=live.pk, title="后来的标题"))
        refused(*copied(Publication, live.pk, "INSERT OR REPLACE", id=4711, title="后来的标题"))
    finally:
        run("PRAGMA recursive_triggers = ON")
    assert Publication.objects.get().title == live.title


def test_a_withdrawal_never_changes(newsroom, live):
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    sealed = ["notice = '别的话'", "at = '2030-01-01 00:00:00'"]  # what visitors read
    for change in ["reason = '别的原因'", "by_name = '别人'", *sealed]:
        refused(f"UPDATE articles_withdrawal SET {change}")
    for change in sealed:
        with undone():
            tamper(f"UPDATE articles_withdrawal SET {change}")
            assert len(named(f"withdrawal {Withdrawal.objects.get().pk}")) == 1, change


def test_a_publication_that_nobody_approved_is_named(newsroom, live):
    """Scenario 43. Everything is right but for the decisions: not even whoever holds the key publishes alone."""
    now = timezone.now()
    alone, _ended = publishing.create_publication(newsroom.submitted().revision, at=now, now=now, sign_offs=[])
    assert len(named(f"publication {alone.pk}")) >= 2  # no round, and no entry in the ledger
    assert not named(f"publication {live.pk}")


def test_a_placement_that_its_seal_does_not_say_is_named_and_not_shown(newsroom, client, live):
    """Scenario 43."""
    placement = live.placements.get()
    assert live.title in client.get(f"/{newsroom.department.slug}/").content.decode()
    for column, value in {
        "department_id": newsroom.elsewhere.pk,
        "dated": live.dated + DAY,
        "live_from": live.live_from - DAY,
        "live_until": timezone.now() + DAY,
        "article_id": newsroom.draft().pk,
    }.items():
        with undone():
            assert run(f"UPDATE articles_placement SET {column} = %s WHERE id = %s", [value, placement.pk]) == 1
            assert named(f"placement {placement.pk}"), column
            for slug in (newsroom.department.slug, newsroom.elsewhere.slug):
                assert live.title not in client.get(f"/{slug}/").content.decode(), column


def test_a_placement_that_is_gone_is_named(live):
    """Scenario 43."""
    run("DELETE FROM articles_placement")
    assert len(named(f"publication {live.pk}")) == 1
