"""The command `reindex` rebuilds the search index."""

import tracemalloc
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from articles.models import Publication
from articles.search import index, reindex
from tests.articles.search.test_search import found
from tests.factories import expired
from workflow import services

pytestmark = pytest.mark.both_databases("the search index and its SQL differ")

DAY = timedelta(days=1)
LONG = "".join(map(chr, range(0x4E00, 0x9000)))


def run_reindex():
    said = StringIO()
    call_command("reindex", stdout=said)
    return said.getvalue().splitlines()[0].strip()


def rows():
    """Every row of the index."""
    columns = (
        "rowid, partition_number, tokens"
        if connection.vendor == "sqlite"
        else "publication_id, partition_number, part, tokens::text"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {index.PUBLIC_INDEX.table}")
        return sorted(cursor.fetchall())


def spoil():
    """An index of an earlier version, with other tokens; that of one publication is gone altogether."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {index.PUBLIC_INDEX.table} SET tokens = '4e00'")
    index.unindex_publications(Publication.objects.order_by("pk").first())


@pytest.fixture
def shelf(newsroom, monkeypatch):
    """More publications than are in hand at once, one of them long; what is over; what is to come."""
    monkeypatch.setattr(reindex, "MAX_BATCH_PUBLICATIONS", 3)
    room = newsroom
    for number in range(7):
        room.published(
            title=f"党建第{number}号", author="张三", body=f"<p>{'正文。' * (3000 if number == 4 else 1)}</p>"
        )
    article = room.published(title="旧文").article
    room.published(room.rewritten(article, title="新文"))
    services.withdraw(room.published(title="撤文").article, by=room.publisher, reason="有误", notice="")
    room.published(title="将发", at=timezone.now() + DAY)
    room.draft(title="草稿")
    return room


def test_an_index_of_an_earlier_version_finds_again_what_is_public_and_nothing_else(client, shelf):
    fed = rows()
    spoil()
    assert found(client, "党建") == []
    assert run_reindex() == "搜索索引中现有发布 9 条"
    assert len(found(client, "党建")) == 7 and len(found(client, "新文")) == 1
    assert len(client.get("/search/?author=张三").context["results"].publication_ids) == 7
    for word in ("旧文", "撤文", "将发", "草稿"):
        assert found(client, word) == []
    # Just as publishing itself had fed it.
    assert rows() == fed


@pytest.mark.slow
def test_again_and_again_gives_the_same(shelf):
    first = run_reindex(), rows()
    assert (run_reindex(), rows()) == first


def test_what_was_left_of_something_that_is_over_goes(newsroom):
    over = expired(newsroom.published()).publications.get()
    assert rows() != []
    assert run_reindex() == "搜索索引中现有发布 0 条"
    assert rows() == [] and over.live_until


def test_without_publications_there_is_nothing_to_do(newsroom):
    assert run_reindex() == "搜索索引中现有发布 0 条"


@pytest.mark.slow
def test_a_run_that_was_broken_off_is_simply_begun_again(shelf, monkeypatch):
    fed, put_many, done = rows(), index.index_publications, []
    spoil()

    def broken(publications):
        if len(done) > 4:
            raise KeyboardInterrupt
        done.extend(publications)
        put_many(publications)

    with monkeypatch.context() as patch:
        patch.setattr(index, "index_publications", broken)
        with pytest.raises(KeyboardInterrupt):
            run_reindex()
    run_reindex()
    assert rows() == fed


@pytest.mark.slow
def test_the_memory_it_takes_does_not_grow_with_the_number_of_publications(newsroom, monkeypatch):
    monkeypatch.setattr(reindex, "MAX_BATCH_PUBLICATIONS", 2)

    def peak(more):
        for _ in range(more):
            newsroom.published(body=f"<p>{LONG}</p>")
        tracemalloc.start()
        run_reindex()
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(2) * 1.5 > peak(10)
