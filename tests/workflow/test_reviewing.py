"""The review page: what it shows to decide by, and how it leads through the queue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.newsroom import nothing_changes
from tests.portal.visitor import visit
from tests.workflow.acts import approve, edit, give_back
from tests.workflow.newsroom_acts import somebody
from workflow import remarks, services
from workflow.models import QuickPhrase
from workflow.remarks import Quote

pytestmark = pytest.mark.django_db


def url(waiting):
    return reverse("admin:workflow_round_review", args=[waiting.pk])


def views(page):
    return [words for _address, words in page.one("nav", class_="review-views").links()]


def decide(client, waiting, verdict="approve", **words):
    return client.post(url(waiting), {"seen": waiting.revision.digest, "verdict": verdict, **words}, follow=True)


def test_a_first_submission_has_nothing_to_be_compared_with(newsroom, as_user):
    assert views(visit(url(newsroom.submitted()), as_user("reviewer"))) == ["全文"]


def test_the_page_leads_to_what_changed_since_the_public_text_and_since_the_last_submission(newsroom, as_user):
    article = newsroom.published(body="<p>公开的文字。</p>").article
    newsroom.rewritten(article, body="<p>新写的文字。</p>")
    give_back(newsroom.submitted(article), newsroom.reviewer)
    edit(article, newsroom.drafter, body="<p>再改的文字。</p>")
    client = as_user("reviewer")
    page = visit(url(newsroom.submitted(article)), client)
    assert views(page) == ["全文", "与线上版的差异", "与上次送审的差异"]
    links = page.one("nav", class_="review-views").links()[1:]
    told = [visit(address, client).one("div", class_="diff-body").words for address, _words in links]
    assert "公开" in told[0] and "新写" in told[1] and all("再改" in words for words in told)


def test_the_progress_names_who_may_decide_now(newsroom, as_user):
    second = somebody(newsroom, "second", "reviewer")
    waiting = newsroom.submitted()
    page = visit(url(waiting), as_user("reviewer"))
    able = page.one("strong", class_="desk-able").words
    assert newsroom.reviewer.full_name in able and second.full_name in able
    assert newsroom.publisher.full_name not in able
    approve(waiting, second)
    assert (
        visit(url(waiting), as_user("publisher")).one("strong", class_="desk-able").words
        == newsroom.publisher.full_name
    )


def test_findings_and_earlier_opinions_stand_on_the_page(newsroom, as_user):
    article = newsroom.draft(body="<p>详见附件。</p>")
    give_back(newsroom.submitted(article), newsroom.reviewer, "请补充附件")
    page = visit(url(newsroom.submitted(article)), as_user("reviewer"))
    assert "没有上传附件" in page.one("section", class_="review-findings").words
    assert "请补充附件" in page.one("section", class_="review-earlier").words


def test_after_a_decision_the_next_opens_and_the_message_says_how_many_are_left(newsroom, as_user):
    first, second, third = (newsroom.submitted(title=f"第{number}篇") for number in "一二三")
    client = as_user("reviewer")
    page = decide(client, second)
    assert page.request["PATH_INFO"] == url(third) and "还有 2 件待审" in page.content.decode()
    page = decide(client, third, "return", comment="请改")
    assert page.request["PATH_INFO"] == url(first) and "还有 1 件待审" in page.content.decode()
    page = decide(client, first)
    assert page.request["PATH_INFO"] == "/admin/workflow/round/" and "没有其他待审稿件" in page.content.decode()


def test_the_page_leads_to_the_one_before_and_the_one_after_without_deciding(newsroom, as_user):
    first, second, third = (newsroom.submitted() for _again in range(3))
    client = as_user("reviewer")
    with nothing_changes():
        page = visit(url(second), client)
    turns = page.one("nav", class_="review-turns")
    assert [address for address, _words in turns.links()] == [url(first), url(third)]
    assert "还有 2 件" in turns.words
    assert [
        link.attributes["rel"] for link in visit(url(first), client).one("nav", class_="review-turns").all("a")
    ] == ["next"]


def test_shortcuts_are_named_on_what_they_press_and_none_is_a_single_letter(newsroom, as_user):
    newsroom.submitted(), newsroom.submitted()
    waiting = newsroom.submitted()
    page = visit(url(waiting), as_user("reviewer"))
    named = {
        found.attributes["id"]: found.attributes["aria-keyshortcuts"]
        for found in page.all()
        if "aria-keyshortcuts" in found.attributes
    }
    assert named == {
        "turn-previous": "Alt+ArrowUp", "verdict-return": "Control+Shift+Enter", "verdict-approve": "Control+Enter",
    }  # fmt: skip


def test_the_last_button_says_what_it_will_do(newsroom, as_user):
    signing = visit(url(newsroom.reviewed()), as_user("publisher"))
    assert "签发" in signing.one("button", id="verdict-approve").words
    assert signing.all("span", **{"data-later": "签发，{time} 公开"})
    passing = visit(url(newsroom.submitted()), as_user("reviewer"))
    assert "公开" not in passing.one("button", id="verdict-approve").words


def test_quick_phrases_are_there_from_the_beginning_and_kept_by_superusers(newsroom, as_user):
    QuickPhrase.objects.create(text="请用规范简称。", position=1)
    page = visit(url(newsroom.submitted()), as_user("reviewer"))
    phrases = [found.words for found in page.all("button", class_="review-phrase")]
    assert phrases[0] == "请用规范简称。" and "请核对日期。" in phrases
    address = reverse("admin:workflow_quickphrase_changelist")
    assert as_user("admin").get(address).status_code == 200
    assert as_user("reviewer").get(address).status_code == 403


def test_who_cannot_decide_reads_all_of_it_and_sees_no_buttons(newsroom, as_user):
    waiting = newsroom.submitted()
    page = visit(url(waiting), as_user("drafter"))
    assert not page.all("button", name="verdict") and not page.all("button", class_="review-phrase")
    assert page.all("form", id="remark-form")
    give_back(waiting, newsroom.reviewer)
    assert not visit(url(waiting), as_user("drafter")).all("form", id="remark-form")


def test_the_queries_of_the_page_stay_the_same_with_rounds_remarks_and_a_long_queue(newsroom, as_user):
    """Scenario 47."""
    article = newsroom.draft(body="<p>请准时参加。</p>")
    give_back(newsroom.submitted(article), newsroom.reviewer)
    client = as_user("reviewer")

    def queries(waiting):
        client.get(url(waiting))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url(waiting)).status_code == 200
        return len(asked)

    waiting = newsroom.submitted(article)
    remarks.remark(waiting, newsroom.reviewer, Quote("准时"), replacement="按时")
    newsroom.submitted(), newsroom.submitted()
    few = queries(waiting)
    for _again in range(4):
        remarks.remark(waiting, newsroom.publisher, Quote("准时"), text="？")
        give_back(waiting, newsroom.reviewer)
        somebody(newsroom, f"more{_again}", "reviewer")
        newsroom.submitted()
        waiting = services.submit(article, by=newsroom.drafter)
        remarks.remark(waiting, newsroom.reviewer, Quote("准时"), replacement="按时")
        remarks.remark(waiting, newsroom.reviewer, Quote("参加"), text="？")
    assert queries(waiting) == few
