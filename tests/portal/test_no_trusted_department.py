"""Where no department is trusted any more, pages still answer and show nothing of them."""

import pytest
from django.test import Client

from articles.caching import versions
from tests.factories import person
from tests.ledger.attacker import past_the_guards, run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("queries are compiled for each database")]
PAGES = [
    "/", "/feed/", "/sitemap.xml", "/search/?q=示例", "/search/", "/readyz", "/robots.txt", "/feedback/",
    "/search/?q=示例&year=2026", "/search/?q=示例&sort=date", "/en/",
]  # fmt: skip
DESK_PAGES = [
    "/admin/", "/admin/articles/article/", "/admin/articles/article/?q=示例", "/admin/articles/article/add/",
    "/admin/departments/department/", "/admin/accounts/user/", "/admin/workflow/notification/",
]  # fmt: skip


@pytest.fixture(params=["all forged", "none there"])
def untrusted(request):
    """The people of a site whose departments nobody vouches for, or that never had one."""
    if request.param == "none there":
        return [person("admin", is_superuser=True), person("drafter")]
    newsroom = request.getfixturevalue("newsroom")
    newsroom.published(title="示例文章")
    newsroom.submitted(title="示例送审")
    newsroom.draft(title="示例草稿")
    with past_the_guards():
        run("UPDATE departments_department SET name = '伪造' || id")
    versions.expire_versions()
    return list(newsroom.people.values())


def test_every_public_page_answers(untrusted):
    client = Client(raise_request_exception=False)
    answers = {page: client.get(page) for page in PAGES}
    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code >= 500} == {}
    assert not any("伪造" in answer.content.decode() for answer in answers.values())


def test_the_desk_answers_everybody(untrusted):
    for one in untrusted:
        client = Client(raise_request_exception=False)
        client.force_login(one)
        for page in DESK_PAGES:
            assert client.get(page, follow=True).status_code < 500, (one, page)
