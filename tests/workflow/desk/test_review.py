"""The review page: content, and the way through the queue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger.models import Alarm
from tests.factories import nothing_changes, quick_phrase
from tests.ledger.attacker import tamper
from tests.ledger.auditor import named, verify
from tests.portal.visitor import Page, visit
from tests.workflow.action_calls import approve, edit, give_back
from tests.workflow.action_factories import preset, rearrange, somebody
from workflow import services
from workflow.actions import remarks
from workflow.actions.remarks import Quote
from workflow.models import QuickPhrase

pytestmark = pytest.mark.django_db


def url(waiting):
    return reverse("admin:workflow_round_review", args=[waiting.pk])


def outcome(waiting):
    return reverse("admin:workflow_round_outcome", args=[waiting.pk])


def views(page):
    return [words for _address, words in page.one("nav", class_="review-views").links()]


def decide(client, waiting, verdict="approve", **words):
    """Opens the page, decides by its form, and follows to the result page."""
    opened = visit(url(waiting), client).one("input", name="opened").attributes["value"]
    return Page(client.post(url(waiting), {"opened": opened, "verdict": verdict, **words}, follow=True))


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
    able = page.one("strong", class_="desk-deciders").words
    assert newsroom.reviewer.full_name in able and second.full_name in able
    assert newsroom.publisher.full_name not in able
    approve(waiting, second)
    assert (
        visit(url(waiting), as_user("publisher")).one("strong", class_="desk-deciders").words
        == newsroom.publisher.full_name
    )


def test_findings_and_earlier_opinions_stand_on_the_page(newsroom, as_user):
    article = newsroom.draft(body="<p>详见附件。</p>")
    give_back(newsroom.submitted(article), newsroom.reviewer, "请补充附件")
    page = visit(url(newsroom.submitted(article)), as_user("reviewer"))
    assert "没有上传附件" in page.one("section", class_="review-findings").words
    assert "请补充附件" in page.one("section", class_="review-earlier-rounds").words


def onward(page):
    """Address of the next article on a result page, the address of the queue, and the words beside them."""
    nav = page.one("nav", class_="review-next")
    following = nav.all("a", id="queue-next")
    return (following[0].attributes["href"] if following else None), nav.links()[-1][0], nav.words


def test_the_result_page_leads_to_the_next_article_and_says_how_many_are_left(newsroom, as_user):
    first, second, third = (newsroom.submitted(title=f"第{number}篇") for number in "一二三")
    client = as_user("reviewer")
    address, queue, words = onward(decide(client, second))
    assert (address, queue) == (url(third), "/admin/workflow/round/") and "还有 2 件待审" in words and "第三篇" in words
    address, _queue, words = onward(decide(client, third, "return", comment="请改"))
    assert address == url(first) and "还有 1 件待审" in words
    address, _queue, words = onward(decide(client, first))
    assert address is None and "没有其他待审稿件" in words


def test_the_result_page_holds_no_button_that_decides(newsroom, as_user):
    first, _second = newsroom.submitted(), newsroom.submitted()
    page = decide(as_user("reviewer"), first)
    assert page.response.request["PATH_INFO"] == outcome(first)
    assert not page.all("button", name="verdict")
    assert not page.one("main").all("form")


def test_the_result_page_says_what_was_decided_and_what_is_public_now(newsroom, as_user):
    article = newsroom.published(title="第一版").article
    newsroom.rewritten(article, title="第二版")
    reviewer, publisher = as_user("reviewer"), as_user("publisher")
    live = article.publications.get().get_absolute_url()

    def told(page):
        public = page.one("section", class_="review-public")
        return page.one("h1").words, public.words, [address for address, _words in public.links()]

    head, public, links = told(decide(reviewer, newsroom.submitted(article), "return", comment="请改"))
    assert "《第二版》已退回" in head and "此前公开的文字" in public and links == [live]
    head, public, links = told(decide(reviewer, newsroom.submitted(article)))
    assert "进入下一环节" in head and "此前公开的文字" in public and links == [live]
    head, public, links = told(decide(publisher, article.rounds.open().get()))
    assert "《第二版》已签发，现已公开" in head and "就是这一稿" in public and links == [live]

    scheduled = newsroom.reviewed(title="明年的通知")
    head, public, links = told(decide(publisher, scheduled, at="2040-01-01T08:00"))
    assert "2040-01-01 08:00" in head and "看不到" in public and links == []


def test_the_result_page_tells_what_became_of_the_article_since(newsroom, as_user):
    waiting = newsroom.submitted(title="会议通知")
    client = as_user("reviewer")
    decide(client, waiting)
    give_back(waiting, newsroom.publisher)
    assert "已退回" in visit(outcome(waiting), client).one("h1").words
    publication = newsroom.published()
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="")
    page = visit(outcome(publication.round), as_user("publisher"))
    assert "已结束" in page.one("h1").words and "看不到" in page.one("section", class_="review-public").words


def test_a_step_for_two_people_says_that_it_waits_for_another(newsroom, as_user):
    rearrange(preset("两级"), newsroom.admin, ("审核", "reviewer", 2), ("签发", "publisher", 1))
    somebody(newsroom, "second", "reviewer")
    assert "还须其他人" in decide(as_user("reviewer"), newsroom.submitted()).one("h1").words


def test_only_who_decided_sees_a_result_page(newsroom, as_user):
    waiting = newsroom.submitted(title="机密标题")
    approve(waiting, newsroom.reviewer)
    for who in ("publisher", "drafter", "stranger", "admin"):
        response = as_user(who).get(outcome(waiting))
        assert response.status_code == 404 and "机密标题" not in response.content.decode(), who
    assert as_user("reviewer").get(outcome(waiting)).status_code == 200


def test_the_page_leads_to_the_one_before_and_the_one_after_without_deciding(newsroom, as_user):
    first, second, third = (newsroom.submitted() for _again in range(3))
    client = as_user("reviewer")
    visit(url(second), client)  # the first look is kept
    with nothing_changes():
        page = visit(url(second), client)
    turns = page.one("nav", class_="review-queue-nav")
    assert [address for address, _words in turns.links()] == [url(first), url(third)]
    assert "还有 2 件" in turns.words
    assert [
        link.attributes["rel"] for link in visit(url(first), client).one("nav", class_="review-queue-nav").all("a")
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
        "queue-previous": "Alt+ArrowUp", "verdict-return": "Control+Shift+Enter", "verdict-approve": "Control+Enter",
    }  # fmt: skip


def test_the_last_button_says_what_it_will_do(newsroom, as_user):
    signing = visit(url(newsroom.reviewed()), as_user("publisher"))
    assert "签发" in signing.one("button", id="verdict-approve").words
    assert signing.all("span", **{"data-scheduled-label": "签发，{time} 公开"})
    passing = visit(url(newsroom.submitted()), as_user("reviewer"))
    assert "公开" not in passing.one("button", id="verdict-approve").words


def test_quick_phrases_are_there_from_the_beginning_and_kept_by_superusers(newsroom, as_user):
    phrase = {"text": "请用规范简称。", "position": 1}
    assert as_user("admin").post(reverse("admin:workflow_quickphrase_add"), phrase).status_code == 302
    page = visit(url(newsroom.submitted()), as_user("reviewer"))
    phrases = [found.words for found in page.all("button", class_="review-phrase")]
    assert phrases[0] == "请用规范简称。" and "请核对日期。" in phrases
    address = reverse("admin:workflow_quickphrase_changelist")
    assert as_user("admin").get(address).status_code == 200
    assert as_user("reviewer").get(address).status_code == 403


@pytest.mark.parametrize("phrase", ["请核对日期。", "请用规范简称。"])
def test_a_quick_phrase_that_was_changed_outside_the_site_is_not_offered_nor_saved_over(newsroom, as_user, phrase):
    quick_phrase("请用规范简称。")
    admin, address = as_user("admin"), url(newsroom.submitted())
    page = visit(address, as_user("reviewer"))
    assert phrase in [found.words for found in page.all("button", class_="review-phrase")] and verify() == []
    forged = QuickPhrase.objects.get(text=phrase)
    tamper("UPDATE workflow_quickphrase SET text = '请转账。' WHERE id = %s", [forged.pk])
    page = visit(address, as_user("reviewer"))
    phrases = [found.words for found in page.all("button", class_="review-phrase")]
    assert phrases and "请转账。" not in phrases
    assert Alarm.objects.filter(subject=f"quickphrase {forged.pk}").exists()
    assert verify() == named(f"quick phrase {forged.pk}") != []
    change = reverse("admin:workflow_quickphrase_change", args=[forged.pk])
    assert admin.post(change, {"text": phrase, "position": 1}).status_code == 403
    delete = reverse("admin:workflow_quickphrase_delete", args=[forged.pk])
    assert admin.post(delete, {"post": "yes"}).status_code == 302
    assert verify() == []


def test_a_quick_phrase_that_a_superuser_changes_is_sealed_again(newsroom, as_user):
    preset = QuickPhrase.objects.get(text="请核对日期。")
    address = reverse("admin:workflow_quickphrase_change", args=[preset.pk])
    assert as_user("admin").post(address, {"text": "请核对年份。", "position": 3}).status_code == 302
    page = visit(url(newsroom.submitted()), as_user("reviewer"))
    assert "请核对年份。" in [found.words for found in page.all("button", class_="review-phrase")]
    assert verify() == []


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
    remarks.add_remark(waiting, newsroom.reviewer, Quote("准时"), replacement="按时")
    newsroom.submitted(), newsroom.submitted()
    few = queries(waiting)
    for _again in range(4):
        remarks.add_remark(waiting, newsroom.publisher, Quote("准时"), text="？")
        give_back(waiting, newsroom.reviewer)
        somebody(newsroom, f"more{_again}", "reviewer")
        newsroom.submitted()
        waiting = services.submit(article, by=newsroom.drafter)
        remarks.add_remark(waiting, newsroom.reviewer, Quote("准时"), replacement="按时")
        remarks.add_remark(waiting, newsroom.reviewer, Quote("参加"), text="？")
    assert queries(waiting) == few
