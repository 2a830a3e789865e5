"""Search partitions do not change results."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from articles.models import Publication, SearchPartition
from articles.search import index, partitions, reindex, results
from articles.search.tokenizer import Part
from database import time_limit
from ledger import guards
from tests.articles.search.test_search import found
from tests.ledger.attacker import on_postgresql
from tests.ledger.threads import at_once
from tests.portal.visitor import visit
from workflow import services

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

DAY = timedelta(days=1)
BOTH = ["组织", "组", "组织部", "活动", "组织 活动"]


@pytest.fixture
def small(monkeypatch):
    """Partitions of two publications, all of one size; the next is opened an hour ahead."""
    monkeypatch.setattr(partitions, "PARTITION_SIZE", 2)
    monkeypatch.setattr(partitions, "MAX_PARTITION_SIZE", 2)


@pytest.fixture
def shelf(newsroom, small):
    """Nine publications from the oldest on, two of which have one date, in partitions of two."""
    today = timezone.now()
    for number, age in enumerate([90, 80, 70, 60, 60, 50, 40, 30, 20]):
        body = "<p>组织部开展活动</p>" if number % 3 else "<p>组织 部门的活动</p>"
        title = "组织通知" if number in (0, 5) else f"第{number}号"
        newsroom.published(title=title, body=body, dated=today - age * DAY)
    reindex.rebuild_public_index()
    assert SearchPartition.objects.count() >= 4
    return newsroom


def numbers_in(publication):
    """Of the partitions in which the index has the publication."""
    whose = "rowid / 1000" if connection.vendor == "sqlite" else "publication_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT partition_number FROM {index.PUBLIC_INDEX.table} WHERE {whose} = %s", [publication.pk]
        )
        return [number for (number,) in cursor.fetchall()]


def right(publication):
    return [partitions.number_for_date(publication.dated, partitions.layouts()[-1])]


def test_a_site_with_fewer_publications_than_a_partition_holds_has_one(newsroom):
    published = newsroom.published()
    reindex.rebuild_public_index()
    assert partitions.layouts() == [[partitions.DEFAULT_PARTITION]] and numbers_in(published) == [0]


@pytest.mark.parametrize("terms", BOTH)
@pytest.mark.parametrize("part", [None, pytest.param(Part.TITLE, marks=pytest.mark.slow)])
def test_the_newest_are_the_same_as_if_all_were_looked_through(shelf, terms, part):
    asked = index.phrase_queries(terms.split(), part)
    live = Publication.objects.live()
    every = index.matching(live, asked).order_by("-dated", "-article_id").values_list("pk", flat=True)
    assert part is Part.TITLE or every
    for most in range(1, 11):
        assert [one.pk for one in index.newest_matches(live, asked, most)] == list(every)[:most]


def test_a_page_of_results_is_the_same_however_the_partitions_lie(shelf, client, monkeypatch):
    monkeypatch.setattr(results, "MAX_CANDIDATES", 3)
    monkeypatch.setattr(results, "MAX_TITLE_CANDIDATES", 2)

    def answers():
        return [found(client, word, **sort) for word in BOTH for sort in ({}, {"sort": "date"})]

    in_many = answers()
    for name in ("PARTITION_SIZE", "MAX_PARTITION_SIZE"):
        monkeypatch.setattr(partitions, name, 1000)
    SearchPartition.objects.all().delete()
    reindex.rebuild_public_index()
    assert partitions.layouts() == [[partitions.DEFAULT_PARTITION]]
    assert answers() == in_many
    # Two whose title says it go first, the older of them out of the oldest partition.
    assert visit("/search/?q=组织").titles[:2] == ["组织通知", "组织通知"]


def test_a_common_word_is_answered_out_of_the_newest_partitions_alone(shelf, monkeypatch):
    looked, stands = [], index._MatchesIndex

    def noted(pk, asked, numbers, *narrowed, **how):
        looked.extend(numbers)
        return stands(pk, asked, numbers, *narrowed, **how)

    monkeypatch.setattr(index, "_MatchesIndex", noted)
    newest = partitions.partitions_newest_first()
    index.newest_matches(Publication.objects.live(), index.phrase_queries(["组织"]), 1)
    assert looked == [newest[0].number]
    looked.clear()
    index.newest_matches(Publication.objects.live(), index.phrase_queries(["不存在"]), 1)
    assert sorted(looked) == sorted(one.number for one in newest)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks for all words together")
@pytest.mark.parametrize("words", ["组织 通知", "通知 组织", "组织 不存在", "组织 通知 组织通知"])
@pytest.mark.parametrize("narrowed", [False, True], ids=["whole site", "in a department"])
def test_words_looked_for_one_by_one_find_what_all_together_do(shelf, monkeypatch, words, narrowed):
    within = {"departments": [Publication.objects.earliest("pk").department_id]} if narrowed else {}
    asked = index.phrase_queries(words.split())
    found = []
    for order in (asked, asked[::-1]):
        for one_by_one in (False, True):
            monkeypatch.setattr(index, "_rarest_first", lambda *_, order=order, how=one_by_one: (list(order), how))
            found.append(index.newest_matches(Publication.objects.live(), asked, 1000, **within))
    assert found == found[:1] * 4
    assert bool(found[0]) == ("不存在" not in words)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks for all words together")
def test_where_a_word_is_rare_it_is_looked_for_first_and_alone(shelf):
    numbers = [one.number for one in partitions.partitions_newest_first()]
    common, rare = index.phrase_queries(["组织", "通知"])
    assert index._rarest_first([common, rare], numbers, ()) == ([rare, common], False)  # two of nine are not rare
    absent = index.phrase_queries(["不存在"])[0]
    assert index._rarest_first([common, absent], numbers, ()) == ([absent, common], True)


def test_dates_ask_only_the_partitions_that_they_reach_into(shelf, client):
    rows = list(Publication.objects.order_by("dated").values_list("dated", "article_id"))
    for since in (0, 3, 4, 8):
        for until in (since, 8):
            days = {
                "since": f"{timezone.localtime(rows[since][0]):%Y-%m-%d}",
                "until": f"{timezone.localtime(rows[until][0]):%Y-%m-%d}",
            }
            within = [pk for dated, pk in rows if rows[since][0] <= dated <= rows[until][0]]
            assert sorted(found(client, "组织", **days)) == sorted(within), days


def test_a_correction_with_another_date_moves_to_the_partition_of_that(shelf, client):
    oldest = Publication.objects.order_by("dated").first()
    article = oldest.article
    shelf.rewritten(article, title="组织更正", dated=timezone.now() - 25 * DAY)
    corrected = shelf.published(article)
    assert numbers_in(oldest) == [] and numbers_in(corrected) == right(corrected) != right(oldest)
    assert found(client, "更正") == [article.pk]
    services.withdraw(article, by=shelf.publisher, reason="有误", notice="")
    assert numbers_in(corrected) == [] and found(client, "更正") == []


def test_what_was_moved_is_found_in_its_new_department_and_no_longer_in_the_old(shelf, client):
    moved = Publication.objects.order_by("dated").first()
    services.move(moved.article, by=shelf.admin, to=shelf.elsewhere)
    assert found(client, "组织", department=shelf.elsewhere.slug) == [moved.article_id]
    assert moved.article_id not in found(client, "组织", department=shelf.department.slug)
    assert visit(f"/{shelf.elsewhere.slug}/?q=组织").titles == [moved.title]


# A new partition.


def test_a_full_partition_is_closed_and_one_that_is_not_stays_open(newsroom, small):
    newsroom.published()
    index.advance_partitions()
    assert partitions.layouts() == [[partitions.DEFAULT_PARTITION]]
    ahead = newsroom.published(title="将发的", dated=timezone.now() + DAY)
    before = newsroom.published()
    index.advance_partitions()
    [[first, second]] = partitions.layouts()
    assert first.number == 0 and second.since > timezone.now()
    # What was dated ahead has gone into the new one; what comes now still belongs into the one before.
    assert numbers_in(ahead) == [second.number] and numbers_in(before) == [0]
    assert numbers_in(newsroom.published()) == [0]
    index.advance_partitions()
    assert len(partitions.layouts()[0]) == 2


def test_a_publication_looks_now_and_then_whether_the_newest_is_full(
    newsroom, small, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(partitions, "FULL_CHECK_INTERVAL", 1)
    with django_capture_on_commit_callbacks(execute=True):
        newsroom.published()
        newsroom.published()
    assert len(partitions.layouts()[0]) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_partition_at_the_same_moment_one_does(newsroom, small):
    for _ in range(3):
        newsroom.published()
    assert at_once([index.advance_partitions] * 4) == [None] * 4
    assert len(partitions.layouts()[0]) == 2


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_who_is_opening_a_partition(newsroom, small):
    for _ in range(3):
        newsroom.published()
    now = timezone.now()
    with transaction.atomic():
        partitions.open_next_if_full(now)
        assert at_once([partial(newsroom.published, title="同时"), index.advance_partitions])[1] is None
    assert len(partitions.layouts()[0]) == 2


# Spreading anew.


def test_reindex_evens_out_and_nothing_is_lost_or_doubled(newsroom, client, small):
    today = timezone.now()
    for age in range(7):
        newsroom.published(dated=today - age * DAY)
    before = set(found(client, "示例"))
    assert len(before) == 7 and partitions.layouts() == [[partitions.DEFAULT_PARTITION]]
    assert reindex.rebuild_public_index() == 7
    [layout] = partitions.layouts()
    assert len(layout) == 4 and set(found(client, "示例")) == before
    for publication in Publication.objects.all():
        assert numbers_in(publication) == right(publication)
    assert reindex.rebuild_public_index() == 7 and partitions.layouts() == [layout]


def test_while_it_runs_and_when_it_was_broken_off_everything_is_found(newsroom, client, small, monkeypatch):
    monkeypatch.setattr(reindex, "MAX_BATCH_PUBLICATIONS", 2)
    today = timezone.now()
    for age in (6, 2, 5, 1, 4, 3):
        newsroom.published(dated=today - age * DAY)
    asked, live = index.phrase_queries(["示例"]), Publication.objects.live()
    by_date = list(live.order_by("-dated").values_list("pk", flat=True))
    put_many, answers = index.index_publications, []

    def broken(publications):
        put_many(publications)
        answers.append([[one.pk for one in index.newest_matches(live, asked, most)] for most in range(1, 7)])
        if len(answers) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(index, "index_publications", broken)
        with pytest.raises(KeyboardInterrupt):
            reindex.rebuild_public_index()
    assert len(partitions.layouts()) == 2
    assert answers == [[by_date[:most] for most in range(1, 7)]] * 2
    late = newsroom.published(dated=today)
    assert numbers_in(late) == right(late)
    assert reindex.rebuild_public_index() == 7
    assert len(partitions.layouts()) == 1 and len(found(client, "示例")) == 7
    for publication in Publication.objects.all():
        assert numbers_in(publication) == right(publication)


def test_the_older_the_larger():
    assert partitions.partition_sizes(0) == [] and partitions.partition_sizes(1) == [partitions.PARTITION_SIZE]
    million = partitions.partition_sizes(1_000_000)
    assert million == sorted(million) and len(million) < 100 and million[-1] == partitions.MAX_PARTITION_SIZE


# What the database does.


@pytest.fixture
def tens_of_thousands(newsroom):
    """Copies of one publication in rows of the database; every tenth says 组织."""
    one = newsroom.published(title="示例")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    guards.drop_all(connection)  # copies of a publication are no publications

    def copy(table, where, **other):
        with connection.cursor() as cursor:
            names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            taken = ", ".join(other.get(name, f'"{name}"') for name in names)
            into = ", ".join(f'"{name}"' for name in names)
            cursor.execute(
                f"INSERT INTO {table} ({into}) SELECT {taken} FROM {table}, generate_series(1, 30000) n WHERE {where}"
            )

    copy("articles_article", f"id = {one.article_id}", id="n + 1000000")
    back = {name: f"{name} - n * interval '1 minute'" for name in ("dated", "live_from", "first_live_from")}
    copy("articles_publication", f"id = {one.pk}", id="n + 1000000", article_id="n + 1000000", **back)
    partitions.rebalance(Publication.objects.all())
    layout = partitions.layouts()[-1]
    with connection.cursor() as cursor:
        for partition in layout:
            number = partitions.encode_number(partition.number)
            cursor.execute(
                f"INSERT INTO {index.PUBLIC_INDEX.table} (publication_id, partition_number, part, tokens) "
                f"SELECT id, {partition.number}, 4, "
                f"('x{number}通知:1' || CASE WHEN id %% 10 = 0 THEN ' x{number}组织:2' ELSE '' END)::tsvector "
                "FROM articles_publication WHERE id > 1000000 AND dated >= %s AND dated < %s",
                [partition.since, partition.until],
            )


@on_postgresql
@pytest.mark.parametrize("word", ["通知", "组织", "罕见"])
def test_no_table_is_read_as_a_whole(tens_of_thousands, word):
    plans = []

    def explained(execute, sql, params, many, context):
        if re.search(rf"\b{index.PUBLIC_INDEX.table}\b", sql) and not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with time_limit.time_limit(60), connection.execute_wrapper(explained):
        index.newest_matches(Publication.objects.live(), index.phrase_queries([word]), 1001)
    assert plans and all("articles_searchpart_tokens" in plan for plan in plans)
    assert not any(
        "Seq Scan on articles_publication" in plan or "Seq Scan on articles_searchpart" in plan for plan in plans
    )
