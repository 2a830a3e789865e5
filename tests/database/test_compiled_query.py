"""Compiled queries return what the queryset returns."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Publication, Revision
from database.compiled_query import CompiledQuery
from tests.ledger.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("statements are compiled for each database")]


@pytest.fixture
def drafts():
    return CompiledQuery(lambda pk: Revision.objects.with_related_rows().filter(article=pk, state="draft"))


def test_each_id_has_its_own_row_with_all_that_hangs_on_it(newsroom, drafts):
    first, second = newsroom.draft(title="甲"), newsroom.draft(title="乙")
    for article in (first, second, first):
        found, asked = drafts.first(article.pk), Revision.objects.with_related_rows().get(article=article)
        assert found == asked and found.title == asked.title
        assert (found.contribution_rows, found.column_rows) == (asked.contribution_rows, asked.column_rows) != ([], [])


def test_what_is_not_there_is_none(drafts):
    assert drafts.first(4711) is None


def test_a_change_since_the_last_time_is_seen(newsroom):
    articles = CompiledQuery(lambda pk: Article.objects.select_related("department").filter(pk=pk))
    article = newsroom.draft()
    assert articles.first(article.pk).department == newsroom.department
    Article.objects.filter(pk=article.pk).update(department=newsroom.elsewhere)
    assert articles.first(article.pk).department == newsroom.elsewhere


def test_it_takes_one_query_each_time(newsroom, drafts):
    article = newsroom.draft()
    for _again in range(2):
        with CaptureQueriesContext(connection) as queries:
            drafts.first(article.pk)
        assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_for_the_first_time_each_get_their_row_over_their_own_connection(newsroom):
    article = newsroom.draft()

    def title(drafts):
        try:
            return drafts.first(article.pk).title
        finally:
            connection.close()

    for _again in range(20):
        drafts = CompiledQuery(lambda pk: Revision.objects.with_related_rows().filter(article=pk, state="draft"))
        assert at_once([partial(title, drafts)] * 4) == ["示例标题"] * 4


def test_several_values_each_find_their_place(newsroom):
    now = timezone.now()
    live = CompiledQuery(
        lambda article, at: Publication.objects.live(at).filter(article=article).order_by("-number")[:1], int, datetime
    )
    first, second = newsroom.published(title="甲"), newsroom.published(title="乙")
    later = newsroom.published(title="丙", at=now + timedelta(hours=1))
    ahead = now + timedelta(hours=2)
    assert live.first(first.article_id, timezone.now()) == first
    assert live.first(second.article_id, timezone.now()) == second
    assert live.first(later.article_id, timezone.now()) is None
    assert live.first(later.article_id, ahead) == later
    assert list(live.all(first.article_id, now - timedelta(days=1))) == []


def test_texts_are_values_too(newsroom):
    titles = CompiledQuery(
        lambda article, title: Revision.objects.filter(article=article, title=title).values_list("pk", "saved_at"),
        int,
        str,
    )
    article = newsroom.draft(title="甲")
    draft = article.active_draft()
    assert titles.first_row(article.pk, "甲") == (draft.pk, draft.saved_at) == titles.first(article.pk, "甲")
    assert titles.first_row(article.pk, "乙") is None


def test_the_same_text_twice_stays_two_values(newsroom):
    titles = Revision.objects.values_list("title")
    either = CompiledQuery(lambda one, two: titles.filter(title__in=[one, two]), str, str)
    newsroom.draft(title="甲")
    assert either.first_row("甲", "甲") == either.first_row("乙", "甲") == either.first_row("甲", "乙") == ("甲",)
    assert either.first_row("乙", "丙") is None
