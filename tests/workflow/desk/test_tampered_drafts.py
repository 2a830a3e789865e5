"""What somebody puts into the row of a draft by SQL is sanitised again before it is shown."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from articles.models import Article, Revision

pytestmark = pytest.mark.django_db

HOSTILE = (
    '<p>原文。</p><script>alert(1)</script><img src="/files/x" onerror="alert(2)"><p style="position:fixed">盖住</p>'
    '<form action="https://evil.example/"><input name="password"></form><a href="javascript:alert(3)">点击</a>'
)
FORBIDDEN = ("alert(", "onerror", "position:fixed", "evil.example", "javascript:", "name=password")


def _preview(article: Article, as_user: Callable) -> str:
    page = as_user("drafter").get(f"/admin/articles/article/{article.pk}/revisions/1/").content.decode()
    return page[page.index("article-body") :]


def _preview_link(article: Article, as_user: Callable) -> str:
    page = as_user("drafter").post(f"/admin/articles/article/{article.pk}/share/", follow=True).content.decode()
    address = re.search(r"http://testserver(/preview/[^/\s<]+/)", page)[1]
    page = Client().get(address).content.decode()
    return page[page.index("article-body") :]


def _form(article: Article, as_user: Callable) -> str:
    page = as_user("drafter").get(f"/admin/articles/article/{article.pk}/change/").content.decode()
    return unescape(re.search(r'<textarea name="body"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1])


PLACES = [_preview, _preview_link, _form]


@pytest.mark.parametrize("shown_in", PLACES)
def test_a_draft_changed_by_sql_is_sanitised_again_where_it_is_shown(newsroom, as_user, shown_in):
    article = newsroom.draft()
    Revision.objects.filter(article=article).update(body=HOSTILE)
    shown = shown_in(article, as_user)
    assert "原文。" in shown
    assert [words for words in FORBIDDEN if words in shown] == []


@pytest.mark.parametrize("shown_in", PLACES)
def test_a_draft_that_sql_made_too_large_shows_the_refusal(newsroom, as_user, shown_in):
    article = newsroom.draft()
    Revision.objects.filter(article=article).update(body="<div>" * 300)
    assert "超过 200 层" in shown_in(article, as_user) or "inside each other" in shown_in(article, as_user)


@pytest.mark.parametrize("shown_in", PLACES)
def test_what_was_saved_is_shown_as_it_was_saved(newsroom, as_user, shown_in):
    body = '<h2>一、要求</h2><p class="align-center">甲<strong>乙</strong></p>'
    body += "<table><tbody><tr><td>丙</td></tr></tbody></table>"
    article = newsroom.draft(body=body)
    saved = article.active_draft().body
    assert saved.replace("<table", '<div class="table-scroll"><table').replace(
        "</table>", "</table></div>"
    ) in shown_in(article, as_user) or saved in shown_in(article, as_user)
