"""Handing a draft to a colleague; copying a text to a new article."""

from datetime import date

import pytest
from django.utils import timezone

from articles import drafts
from articles.models import Article
from departments.exceptions import NotAllowed, WrongState
from ledger.models import Entry
from tests.factories import grant, nothing_changes
from tests.workflow.pages import Page
from workflow import services
from workflow.models import Notification, NotificationEvent

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/articles/article/{}/overview/"


def act(client, article, **words):
    sent = {f"hand_draft-{name}": value for name, value in words.items()}
    return client.post(f"/admin/articles/article/{article.pk}/act/hand_draft/", sent, follow=True)


def test_whoever_begins_a_draft_or_a_new_version_has_it_on_their_desk(newsroom):
    article = newsroom.draft()
    assert Article.objects.get(pk=article.pk).in_charge == newsroom.drafter
    published = newsroom.published(article).article
    services.revise(published, by=newsroom.colleague)
    assert Article.objects.get(pk=article.pk).in_charge == newsroom.colleague


def test_a_draft_is_handed_to_a_colleague_who_is_told_what_is_still_to_do(newsroom, as_user):
    article = newsroom.draft()
    page = act(as_user("drafter"), article, to=newsroom.colleague.pk, reason="请补数据")
    assert f"负责人：{newsroom.colleague.full_name}" in page.content.decode()
    told = Notification.objects.get(person=newsroom.colleague)
    assert (told.event, told.reason, told.asks) == (NotificationEvent.DRAFT_HANDED, "请补数据", False)
    entry = Entry.objects.get(verb="article.draft_handed")
    assert entry.data["to"] == newsroom.colleague.pk and entry.actor_id == newsroom.drafter.pk
    history = page.content.decode()
    assert "移交了草稿" in history and "请补数据" in history


def test_colleagues_to_choose_from_are_those_who_write_there_but_oneself(newsroom, as_user):
    page = as_user("drafter").get(OVERVIEW.format(newsroom.draft().pk)).content.decode()
    offered = page.partition('name="hand_draft-to"')[2].partition("</select>")[0]
    assert newsroom.colleague.full_name in offered
    assert newsroom.drafter.full_name not in offered and newsroom.reviewer.full_name not in offered


def test_it_is_not_handed_to_somebody_who_does_not_write_there_nor_by_one(newsroom, as_user):
    article = newsroom.draft()
    with nothing_changes():
        for person in (newsroom.reviewer, newsroom.stranger):
            with pytest.raises(NotAllowed):
                services.hand_draft(article, by=newsroom.drafter, to=person)
        with pytest.raises(NotAllowed):
            services.hand_draft(article, by=newsroom.reviewer, to=newsroom.colleague)
    opened = newsroom.submitted(article)
    with nothing_changes(), pytest.raises(WrongState):
        services.hand_draft(opened.article, by=newsroom.drafter, to=newsroom.colleague)
    drafter = as_user("drafter")
    with nothing_changes():
        act(drafter, article, to=newsroom.colleague.pk)


def copied(client, article, department):
    address = f"/admin/articles/article/{article.pk}/copy/"
    return client.post(address, {"department": department.pk}, follow=True)


def test_a_copy_is_a_new_draft_without_what_only_one_document_can_have(newsroom, as_user):
    moment = timezone.now()
    article = newsroom.published(
        title="年度通知", document_number="工〔2026〕5号", index_number="A-1", issued_on=date(2026, 3, 1),
        issuing_body="工委", dated=moment, keywords="植树",
    ).article  # fmt: skip
    page = copied(as_user("colleague"), article, newsroom.department)
    made = Article.objects.exclude(pk=article.pk).get()
    assert page.redirect_chain[-1][0] == f"/admin/articles/article/{made.pk}/change/"
    draft = made.active_draft()
    assert (draft.title, draft.keywords, draft.issuing_body) == ("年度通知", "植树", "工委")
    assert (draft.document_number, draft.index_number, draft.issued_on, draft.dated) == ("", "", None, None)
    assert (made.in_charge, made.created_by) == (newsroom.colleague, newsroom.colleague)
    assert Entry.objects.get(verb="article.copied").data["of"] == article.pk
    assert article.publications.live().exists() and article.active_draft() is None


def test_hands_in_words_that_nobody_approved_go_along_and_those_in_approved_ones_do_not(newsroom):
    """Scenario 2. Copying washes no hands."""
    grant(newsroom.reviewer, "drafter", newsroom.department, newsroom.admin)
    draft = newsroom.draft().active_draft()
    drafts.save_draft(draft, {"body": "<p>审核人写的</p>"}, by=newsroom.reviewer, version=draft.version)
    made = services.copy_as_new(draft, by=newsroom.drafter, department=newsroom.department)
    assert made.active_draft().contributor_ids() == {newsroom.drafter.pk, newsroom.reviewer.pk}
    opened = services.submit(made, by=newsroom.drafter)
    with pytest.raises(NotAllowed):
        services.approve(opened, by=newsroom.reviewer, seen=opened.revision.digest)
    approved = newsroom.published(title="批过的").revision
    again = services.copy_as_new(approved, by=newsroom.colleague, department=newsroom.department)
    assert again.active_draft().contributor_ids() == {newsroom.colleague.pk}


def test_nobody_copies_what_they_may_not_see_or_to_where_they_do_not_write(newsroom, as_user):
    article = newsroom.draft()
    stranger, reviewer, drafter = (as_user(name) for name in ("stranger", "reviewer", "drafter"))
    with nothing_changes():
        assert copied(stranger, article, newsroom.elsewhere).status_code == 403
        copied(reviewer, article, newsroom.department)
        page = copied(drafter, article, newsroom.elsewhere)
        assert drafter.get(f"/admin/articles/article/{article.pk}/copy/").status_code == 302
    assert page.status_code == 200
    assert not Page(reviewer.get(OVERVIEW.format(article.pk))).having(
        "form", action=f"/admin/articles/article/{article.pk}/copy/"
    )
