"""Autosave over HTTP: what is saved and answered; no text is lost."""

import json

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import drafts
from articles.models import Article, DraftSave
from ledger.models import Entry
from tests.factories import nothing_changes
from workflow import services

pytestmark = pytest.mark.django_db
AUTOSAVE = "/admin/articles/article/editing/autosave/"


def fields(draft, **words):
    kept = (
        {"article": draft.article_id, "title": draft.title, "body": draft.body, "version": draft.version}
        if draft
        else {}
    )
    return {**kept, **words}


def test_the_first_save_begins_the_article_and_the_next_ones_go_on_with_it(newsroom, as_user):
    drafter = as_user("drafter")
    words = {"department": newsroom.department.pk, "title": "新稿", "body": "<p>一</p>", "article": ""}
    first = drafter.post(AUTOSAVE, words).json()
    article = Article.objects.get()
    assert first["article"] == article.pk and first["address"] == f"/admin/articles/article/{article.pk}/change/"
    assert article.in_charge == newsroom.drafter
    words |= {"article": article.pk, "version": first["version"], "body": "<p>一二</p>"}
    second = drafter.post(AUTOSAVE, words).json()
    draft = article.active_draft()
    assert (draft.body, draft.version) == ("<p>一二</p>", second["version"])
    assert second["version"] > first["version"]
    assert draft.contributor_ids() == {newsroom.drafter.pk}


@pytest.mark.parametrize("missing", ["title", "department"])
def test_without_title_or_department_there_is_nothing_to_begin_yet(newsroom, as_user, missing):
    drafter = as_user("drafter")
    words = {"department": newsroom.department.pk, "title": "新稿", "body": "<p>一</p>"}
    with nothing_changes():
        answer = drafter.post(AUTOSAVE, words | {missing: ""})
    assert answer.status_code == 400 and set(answer.json()["errors"]) == {missing}


def test_what_has_not_changed_is_not_saved_again(newsroom, as_user):
    draft = newsroom.draft().active_draft()
    drafter = as_user("drafter")
    words = fields(draft, title="改", attachments="[]", cover="")
    version = drafter.post(AUTOSAVE, words).json()["version"]
    with nothing_changes():
        assert drafter.post(AUTOSAVE, words | {"version": version}).json()["version"] == version


def test_a_field_that_is_wrong_does_not_hold_up_the_others_and_is_named(newsroom, as_user):
    draft = newsroom.draft(title="原题").active_draft()
    answer = (
        as_user("drafter").post(AUTOSAVE, fields(draft, body="<p>新文</p>", title="", address="javascript:x")).json()
    )
    assert set(answer["errors"]) == {"title", "address"}
    draft.refresh_from_db()
    assert (draft.title, draft.body, draft.address) == ("原题", "<p>新文</p>", "")


@pytest.mark.parametrize("columns", ["9" * 30, "9999", "x", "-1", "²"])
def test_columns_that_do_not_exist_are_named_and_do_not_hold_up_the_text(newsroom, as_user, columns):
    draft = newsroom.draft().active_draft()
    answer = as_user("drafter").post(AUTOSAVE, fields(draft, body="<p>新文</p>", columns=columns))
    assert answer.status_code == 200 and set(answer.json()["errors"]) == {"columns"}
    draft.refresh_from_db()
    assert draft.body == "<p>新文</p>"


def test_over_a_newer_save_nothing_is_saved_and_the_other_text_is_shown(newsroom, as_user):
    """Scenario 9."""
    draft = newsroom.draft().active_draft()
    old = fields(draft)
    drafts.save_draft(
        draft, {"title": "别人的", "body": "<p>别人的段落</p>"}, by=newsroom.colleague, version=draft.version
    )
    drafter = as_user("drafter")
    with nothing_changes():
        answer = drafter.post(AUTOSAVE, old | {"body": "<p>我的</p>"})
    told = answer.json()
    assert answer.status_code == 409 and told["is_draft"]
    assert newsroom.colleague.full_name in told["sentence"]
    assert (told["title"], told["text"].strip()) == ("别人的", "别人的段落")
    # Having seen it, they go on with their own; the other text stays in the history.
    drafter.post(AUTOSAVE, old | {"body": "<p>我的</p>", "version": told["version"]})
    draft.refresh_from_db()
    assert draft.body == "<p>我的</p>"
    assert "别人的段落" in json.dumps([save.content for save in draft.saves.all()], ensure_ascii=False)


def test_once_it_is_submitted_nothing_is_saved_any_more(newsroom, as_user):
    draft = newsroom.draft().active_draft()
    services.submit(draft.article, by=newsroom.colleague)
    drafter = as_user("drafter")
    with nothing_changes():
        answer = drafter.post(AUTOSAVE, fields(draft, body="<p>晚了</p>"))
    assert answer.status_code == 409 and not answer.json()["is_draft"]


@pytest.mark.parametrize("who", ["stranger", "reviewer"])
def test_nobody_saves_into_a_draft_of_a_department_that_they_do_not_write_for(newsroom, as_user, who):
    draft = newsroom.draft().active_draft()
    other = as_user(who)
    with nothing_changes():
        assert other.post(AUTOSAVE, fields(draft, body="<p>别人</p>")).status_code == 403
        begin = {"department": newsroom.department.pk, "title": "越权"}
        assert other.post(AUTOSAVE, begin).status_code in (400, 403)


@pytest.mark.parametrize("number", ["999999", "x", "9" * 40, "-1"])
def test_an_article_that_is_not_there_is_not_found(newsroom, as_user, number):
    assert as_user("drafter").post(AUTOSAVE, {"article": number, "title": "x"}).status_code == 404


@pytest.mark.slow
def test_automatic_saves_are_kept_every_ten_minutes_and_push_out_nobodys(newsroom, as_user, monkeypatch):
    monkeypatch.setattr(DraftSave, "MAX_SAVES", 10)
    with time_machine.travel(timezone.now().replace(minute=1, second=0), tick=False) as clock:
        draft = newsroom.draft().active_draft()
        by_hand = draft.saves.get().version
        drafter = as_user("drafter")
        version = draft.version
        for number in range(2 * DraftSave.MAX_SAVES):
            clock.shift(30)
            version = drafter.post(AUTOSAVE, fields(draft, body=f"<p>{number}</p>", version=version)).json()["version"]
    saves = list(draft.saves.order_by("version"))
    assert saves[0].version == by_hand and not saves[0].is_automatic
    # Ten minutes, two spells of ten minutes begun.
    assert len(saves) == 1 + 2 and all(save.is_automatic for save in saves[1:])
    assert saves[-1].content["body"] == f"<p>{2 * DraftSave.MAX_SAVES - 1}</p>"


def test_saving_by_itself_leaves_no_entry_in_the_ledger_but_that_the_article_was_begun(newsroom, as_user):
    draft = newsroom.draft().active_draft()
    before = Entry.objects.count()
    as_user("drafter").post(AUTOSAVE, fields(draft, body="<p>改</p>"))
    assert Entry.objects.count() == before


def test_the_number_of_queries_stays_the_same_however_much_there_is(newsroom, as_user):
    draft = newsroom.draft().active_draft()
    drafter = as_user("drafter")

    def queries(text):
        draft.refresh_from_db()
        with CaptureQueriesContext(connection) as counted:
            assert drafter.post(AUTOSAVE, fields(draft, body=text)).status_code == 200
        return len(counted)

    queries("<p>零</p>")
    few = queries("<p>一</p>")
    for number in range(5):
        newsroom.published(title=f"别的{number}")
        queries(f"<p>之{number}</p>")
    assert queries("<p>末</p>") == few <= 45


def test_signed_in_again_the_form_gets_a_fresh_token(newsroom, as_user):
    answer = as_user("drafter").get("/admin/articles/article/editing/token/")
    assert answer.json()["person"] == newsroom.drafter.pk and len(answer.json()["token"]) > 30
    assert "no-store" in answer["Cache-Control"]


def test_keywords_come_from_the_text_and_leave_out_what_every_article_says(newsroom, as_user):
    words = {
        "title": "关于组织机关干部义务植树的通知",
        "body": "<p>义务植树在东郊林场进行，林场准备树苗，植树工作由机关绿化办负责，请带好树苗。</p>",
    }
    found = as_user("drafter").post("/admin/articles/article/editing/keywords/", words).json()["keywords"]
    assert "林场" in found and "树苗" in found
    assert not {"通知", "工作", "的"} & set(found)
    assert as_user("drafter").post("/admin/articles/article/editing/keywords/", {}).json() == {"keywords": []}
    assert as_user("reviewer").post("/admin/articles/article/editing/keywords/", words).status_code == 403
