"""Remarks: who may write them, and how a suggestion enters the draft."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from articles.models import Article, DraftSave
from articles.text.passages import Quote
from departments.exceptions import WrongState
from tests.factories import nothing_changes
from tests.portal.visitor import visit
from tests.workflow.action_calls import approve, edit, give_back, mine, refused
from tests.workflow.action_factories import entries, somebody, stand_in
from workflow import services
from workflow.actions import remarks
from workflow.models import Remark, Round

pytestmark = pytest.mark.django_db

BODY = "<p>会议于三月十二日召开，请<strong>准时</strong>参加。</p><p>地点另行通知。</p>"


def suggest(waiting, by, exact, replacement, field="body", **context):
    return remarks.add_remark(waiting, by, Quote(exact, **context), field=field, replacement=replacement)


def note(waiting, by, exact="地点", text="在哪里？", **words):
    return remarks.add_remark(waiting, by, Quote(exact), text=text, **words)


def returned(newsroom, *suggestions, **content):
    """An article whose text came back with these suggestions of the reviewer, as (passage, words)."""
    waiting = newsroom.submitted(title="会议通知", **{"body": BODY, **content})
    made = [suggest(waiting, newsroom.reviewer, *one) for one in suggestions]
    give_back(waiting, newsroom.reviewer, "请按批注修改")
    return waiting.article, made


def post(client, made, act, **words):
    return client.post(reverse(f"admin:workflow_remark_{act}", args=[made.pk]), words, follow=True)


# Making them.


def test_a_remark_keeps_the_passage_as_the_text_has_it_with_what_stands_round_it(newsroom):
    waiting = newsroom.submitted(title="会议通知", body=BODY)
    made = note(waiting, newsroom.reviewer, "准时参加")
    assert (made.exact, made.person_name, made.is_suggestion) == ("准时参加", newsroom.reviewer.full_name, False)
    assert (made.prefix, made.suffix) == ("会议于三月十二日召开，请", "。地点另行通知。")
    assert note(waiting, newsroom.publisher, "会议", field="title").suffix == "通知"


@pytest.mark.parametrize("who", ["drafter", "colleague", "reviewer", "publisher", "admin"])
def test_whoever_may_see_the_round_may_remark_on_it(newsroom, as_user, who):
    waiting = newsroom.submitted(body=BODY)
    address = reverse("admin:workflow_remark_make", args=[waiting.pk])
    words = {"field": "body", "exact": "地点", "kind": "text", "text": "在哪里？"}
    assert as_user(who).post(address, words).status_code == 302
    assert waiting.remarks.get().person == newsroom.people[who]


def test_a_stranger_may_not_and_a_visitor_is_asked_to_sign_in(newsroom, as_user, client):
    waiting = newsroom.submitted(body=BODY)
    address = reverse("admin:workflow_remark_make", args=[waiting.pk])
    words = {"field": "body", "exact": "地点", "kind": "text", "text": "在哪里？"}
    stranger = as_user("stranger")
    with nothing_changes():
        assert stranger.post(address, words).status_code == 403
        assert client.post(address, words).status_code == 302


def test_a_remark_is_made_by_post_only(newsroom, as_user):
    waiting = newsroom.submitted(body=BODY)
    assert as_user("reviewer").get(reverse("admin:workflow_remark_make", args=[waiting.pk])).status_code == 405


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"exact": "不在文中的话"}, "exact"),
        ({"exact": ""}, "exact"),
        ({"exact": "长" * 501}, "exact"),
        ({"exact": "地点", "text": ""}, "text"),
        ({"exact": "地点", "text": "长" * 1001}, "text"),
        ({"exact": "地点", "kind": "suggestion", "replacement": "长" * 201}, "replacement"),
        ({"exact": "地点", "kind": "suggestion", "replacement": "地点"}, "replacement"),
        ({"exact": "参加。地点", "kind": "suggestion", "replacement": "参加；地点"}, "replacement"),
        ({"exact": "会议通知", "field": "title", "kind": "suggestion", "replacement": ""}, "replacement"),
        ({"exact": "地点", "kind": "publish"}, "kind"),
        ({"exact": "地点", "field": "summary"}, "field"),
    ],
)
def test_what_cannot_be_a_remark_is_refused_at_its_field_with_what_was_typed_kept(newsroom, as_user, words, field):
    waiting = newsroom.submitted(title="会议通知", body=BODY)
    address = reverse("admin:workflow_remark_make", args=[waiting.pk])
    sent = {"field": "body", "kind": "text", "text": "写了很久的话", **words}
    client = as_user("reviewer")
    with nothing_changes():
        response = client.post(address, sent)
        answer = client.post(address, sent, headers={"Accept": "application/json"})
    assert response.status_code == answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    page = response.content.decode()
    assert answer.json()["errors"][field] in page and sent["text"] in page


def test_hostile_words_of_a_remark_stay_words(newsroom, as_user):
    """Scenario 46."""
    waiting = newsroom.submitted(body=BODY)
    suggest(waiting, newsroom.reviewer, "准时", "<script>alert(1)</script>")
    note(waiting, newsroom.reviewer, text='"><img src=x onerror=alert(2)>')
    page = visit(reverse("admin:workflow_round_review", args=[waiting.pk]), as_user("publisher"))
    assert not page.all("img", src="x")
    assert all(script.attributes.get("src", "").startswith("/static/") for script in page.all("script"))


def test_there_are_no_more_remarks_than_anybody_would_read(newsroom, monkeypatch):
    monkeypatch.setattr(Remark, "MAX_PER_ROUND", 2)
    waiting = newsroom.submitted(body=BODY)
    note(waiting, newsroom.reviewer)
    note(waiting, newsroom.reviewer)
    with pytest.raises(WrongState):
        note(waiting, newsroom.reviewer)


def test_a_closed_round_takes_no_remarks(newsroom):
    waiting = newsroom.submitted(body=BODY)
    give_back(waiting, newsroom.reviewer)
    with pytest.raises(WrongState), nothing_changes():
        note(waiting, newsroom.reviewer)


def test_only_who_made_a_remark_withdraws_it_and_only_while_the_round_is_open(newsroom, as_user):
    waiting = newsroom.submitted(body=BODY)
    kept, gone = note(waiting, newsroom.reviewer), note(waiting, newsroom.reviewer)
    publisher, reviewer = as_user("publisher"), as_user("reviewer")
    with nothing_changes():
        assert post(publisher, gone, "withdraw").status_code == 403
    assert post(reviewer, gone, "withdraw").status_code == 200
    assert list(waiting.remarks.active()) == [kept]
    give_back(waiting, newsroom.reviewer)
    with nothing_changes():
        assert post(reviewer, kept, "withdraw").status_code == 200
    assert list(waiting.remarks.active()) == [kept]


def test_a_deputy_from_elsewhere_reads_the_text_and_remarks_on_it(newsroom, as_user):
    deputy = somebody(newsroom, "deputy", "reviewer", where=newsroom.elsewhere)
    waiting = newsroom.submitted(body=BODY)
    preview = f"/admin/articles/article/{waiting.article_id}/revisions/1/"
    assert as_user(deputy).get(preview).status_code == 403
    stand_in(newsroom.reviewer, deputy)
    assert as_user(deputy).get(preview).status_code == 200
    assert note(waiting, deputy).person == deputy


# Taking them over.


def test_a_suggestion_is_taken_over_with_one_click_as_a_save_by_the_drafter(newsroom, as_user):
    article, (made,) = returned(newsroom, ("准时参加", "按时出席"))
    draft = article.active_draft()
    response = post(as_user("drafter"), made, "take", version=draft.version)
    assert response.status_code == 200
    after = article.active_draft()
    assert after.body == BODY.replace("<strong>准时</strong>参加", "<strong>按时出席</strong>")
    assert (after.version, after.saved_by) == (draft.version + 1, newsroom.drafter)
    assert DraftSave.objects.get(revision=after, version=after.version).person == newsroom.drafter
    made.refresh_from_db()
    assert (made.resolution, made.resolved_by) == ("taken", newsroom.drafter)


def test_the_leader_who_suggested_stays_a_reviewer_and_the_drafter_who_took_it_over_no_decider(newsroom, as_user):
    """Invariant 2; scenarios 1 and 2."""
    colleague = newsroom.colleague
    article, (made,) = returned(newsroom, ("三月", "四月"))
    remarks.accept_suggestion(made, colleague, article.active_draft().version)
    assert newsroom.reviewer.pk not in article.active_draft().contributor_ids()
    assert colleague.pk in article.active_draft().contributor_ids()
    again = services.submit(article, by=newsroom.drafter)
    assert mine(newsroom.reviewer) == [again]
    refused(again, colleague)
    approve(again, newsroom.reviewer)
    approve(Round.objects.get(pk=again.pk), newsroom.publisher)
    assert "四月十二日" in article.publications.get().revision.body


def test_a_suggestion_for_the_title_and_one_to_leave_words_out(newsroom):
    waiting = newsroom.submitted(title="关于关于召开会议的通知", body=BODY)
    of_title = suggest(waiting, newsroom.reviewer, "关于关于", "关于", field="title")
    to_go = suggest(waiting, newsroom.reviewer, "地点另行通知。", "")
    services.take_back(waiting, by=newsroom.drafter)
    for made in (of_title, to_go):
        remarks.accept_suggestion(made, newsroom.drafter, waiting.article.active_draft().version)
    draft = waiting.article.active_draft()
    assert draft.title == "关于召开会议的通知"
    assert "地点" not in draft.body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<p>改过的正文。</p>", "找不到"),
        ("<p>请准时到。请准时走。</p>", "2 次"),
        ("<p>请准</p><p>时参加。</p>", "跨越"),
    ],
)
def test_a_passage_that_is_gone_or_there_twice_is_not_guessed_at(newsroom, as_user, body, why):
    article, (made,) = returned(newsroom, ("准时", "按时"))
    edit(article, newsroom.drafter, body=body)
    client = as_user("drafter")
    version = article.active_draft().version
    with nothing_changes():
        response = post(client, made, "take", version=version)
    assert why in response.content.decode()
    assert article.active_draft().body == body


@pytest.mark.parametrize("version", ["", "1", "0", "x", "9" * 30])
def test_over_a_newer_save_nothing_is_taken_over(newsroom, as_user, version):
    """Scenario 9."""
    article, (made,) = returned(newsroom, ("准时", "按时"))
    edit(article, newsroom.colleague, title="同事改过的标题")
    client = as_user("drafter")
    with nothing_changes():
        assert post(client, made, "take", version=version).status_code == 200
    assert article.active_draft().saved_by == newsroom.colleague


@pytest.mark.parametrize("act", ["take", "settle"])
@pytest.mark.parametrize("who", ["reviewer", "publisher", "stranger"])
def test_who_does_not_write_for_the_department_takes_nothing_over(newsroom, as_user, who, act):
    article, (made,) = returned(newsroom, ("准时", "按时"))
    client = as_user(who)
    version = article.active_draft().version
    with nothing_changes():
        assert post(client, made, act, version=version).status_code == 403


@pytest.mark.parametrize("act", ["take", "settle"])
def test_while_the_text_is_under_review_or_approved_nothing_is_taken_over(newsroom, act):
    waiting = newsroom.submitted(body=BODY)
    made = suggest(waiting, newsroom.reviewer, "准时", "按时")
    do = {
        "take": lambda: remarks.accept_suggestion(made, newsroom.drafter, 1),
        "settle": lambda: remarks.resolve_remark(made, newsroom.drafter),
    }[act]
    with pytest.raises(WrongState), nothing_changes():
        do()
    approve(waiting, newsroom.reviewer)
    approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    services.revise(waiting.article, by=newsroom.drafter)
    with pytest.raises(WrongState), nothing_changes():
        do()


def test_what_was_dealt_with_is_off_the_list_and_stays_readable(newsroom, as_user):
    article, (first, second) = returned(newsroom, ("准时", "按时"), ("地点", "地址"))
    client = as_user("drafter")
    address = reverse("admin:articles_article_change", args=[article.pk])
    takes = reverse("admin:workflow_remark_take", args=[first.pk])
    assert takes in client.get(address).content.decode()
    post(client, first, "settle")
    page = client.get(address).content.decode()
    assert takes not in page and "未采用" in page and "1 条待处理" in page
    with pytest.raises(WrongState):
        remarks.accept_suggestion(first, newsroom.drafter, article.active_draft().version)
    assert [one for one in remarks.for_draft(article) if not one.resolution] == [second]


def test_the_next_review_shows_what_was_remarked_before_and_what_became_of_it(newsroom, as_user):
    article, (made,) = returned(newsroom, ("准时", "按时"))
    remarks.accept_suggestion(made, newsroom.drafter, article.active_draft().version)
    again = services.submit(article, by=newsroom.drafter)
    earlier = visit(reverse("admin:workflow_round_review", args=[again.pk]), as_user("reviewer"))
    (box,) = earlier.all("section", class_="review-earlier-rounds")
    assert "请按批注修改" in box.words and "已采用" in box.words and "按时" in box.words


# What the database holds by itself.


@pytest.mark.parametrize(
    "change",
    [
        {"text": "改写的话"},
        {"exact": "别的"},
        {"replacement": "别的"},
        {"person_name": "别人"},
        {"text": "", "exact": "", "replacement": "", "prefix": "", "suffix": "", "expunged_at": "2026-01-01T00:00:00Z"},
    ],
)
def test_nobody_changes_what_somebody_remarked(newsroom, change):
    made = suggest(newsroom.submitted(body=BODY), newsroom.reviewer, "准时", "按时")
    with pytest.raises(IntegrityError), transaction.atomic():
        Remark.objects.filter(pk=made.pk).update(**change)


def test_a_remark_is_not_removed_nor_settled_twice_nor_put_on_a_closed_round(newsroom):
    article, (made,) = returned(newsroom, ("准时", "按时"))
    remarks.resolve_remark(made, newsroom.drafter)
    with pytest.raises(IntegrityError), transaction.atomic():
        Remark.objects.filter(pk=made.pk).update(resolution="taken")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM workflow_remark")
    made.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)
    assert article.rounds.get().remarks.count() == 1


def test_expunging_empties_remarks_too(newsroom):
    """Scenario 49."""
    article, _made = returned(newsroom, ("准时", "按时"))
    services.discard(article, by=newsroom.drafter)
    services.expunge(
        Article.objects.get(pk=article.pk), by=newsroom.publisher, seconded_by=newsroom.admin, reason="依法销毁"
    )
    made = Remark.objects.get()
    assert (made.exact, made.prefix, made.suffix, made.replacement, made.text) == ("", "", "", "", "")
    assert made.expunged_at and made.person == newsroom.reviewer
    assert entries(article, "article.expunged")


def test_no_public_page_tells_what_was_remarked(newsroom, client):
    waiting = newsroom.submitted(body=BODY)
    note(waiting, newsroom.reviewer, text="内部意见不外传")
    approve(waiting, newsroom.reviewer)
    publication = approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    for address in (publication.get_absolute_url(), f"{publication.get_absolute_url()}proof.json", "/feed/"):
        response = client.get(address)
        assert response.status_code == 200 and "内部意见不外传" not in response.content.decode()
