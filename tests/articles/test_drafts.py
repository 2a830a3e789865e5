"""Drafts: conflicts, history, contributors."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from articles import drafts
from articles.drafts import StaleDraft
from articles.models import Article, Contribution, DraftSave, Revision
from ledger.models import Entry
from tests.ledger.attacker import copied, refused, run
from tests.ledger.threads import at_once
from workflow import services

pytestmark = pytest.mark.both_databases("unusual dates and characters are stored and compared by each database")


def saved(draft, by, **content):
    drafts.save_draft(draft, content, by=by, version=draft.version)
    return draft


def form(draft=None, **changes):
    sent = {
        "title": "示例标题",
        "body": "<p>示例正文。</p>",
        **({"version": draft.version} if draft else {}),
        **changes,
    }
    return {name: value for name, value in sent.items() if value is not None}


def page(article):
    return f"/admin/articles/article/{article.pk}/change/"


# Saving.


def test_an_article_begins_with_a_draft_and_an_entry_that_holds_none_of_its_words(newsroom):
    article = newsroom.draft(title="独一无二的标题", body="<p>独一无二的正文</p>")
    assert article.active_draft().title == "独一无二的标题"
    entry = Entry.objects.get(verb="article.begun")
    assert (entry.actor_id, entry.object_id) == (newsroom.drafter.pk, str(article.pk))
    assert "独一无二" not in str(entry.data)


def test_saving_a_draft_is_no_act(newsroom):
    draft = newsroom.draft().active_draft()
    before = Entry.objects.count()
    saved(draft, newsroom.drafter, title="新标题")
    assert Entry.objects.count() == before


def test_what_is_saved_is_what_was_typed(newsroom):
    words = {
        "title": "关于“三结对”的通知",
        "subtitle": "副题",
        "body": "<p>正文</p>",
        "summary": "摘要",
        "author": "韩兴国",
        "source": "工委组织部",
        "keywords": "组织 建设",
        "document_number": "皖直〔2013〕5号",
        "issuing_body": "省直工委",
        "index_number": "003-2013-5",
        "validity": "in_force",
    }
    draft = newsroom.draft(**words).active_draft()
    assert {name: getattr(draft, name) for name in words} == words


def test_a_draft_has_no_fields_but_its_words(newsroom):
    """Scenario 12."""
    draft = newsroom.draft().active_draft()
    for name in ("state", "digest", "number", "article", "based_on", "frozen_at"):
        with pytest.raises(TypeError, match=name):
            saved(draft, newsroom.drafter, **{name: "frozen"})


def test_everything_is_sanitised_on_every_save(newsroom):
    """Scenario 46."""
    draft = newsroom.draft(body="<p>一</p><script>alert(1)</script>").active_draft()
    assert draft.body == "<p>一</p>"
    saved(draft, newsroom.drafter, body="<p onclick=alert(1)>二</p>")
    assert Revision.objects.get(pk=draft.pk).body == "<p>二</p>"


def test_no_field_keeps_characters_that_break_a_feed(newsroom):
    draft = newsroom.draft(title="组\x08织", summary="摘\x1f要", source="来\x00源").active_draft()
    assert (draft.title, draft.summary, draft.source) == ("组织", "摘要", "来源")


def test_a_body_that_is_too_long_is_refused_and_says_by_how_much(newsroom):
    with pytest.raises(ValidationError, match="400000"):
        newsroom.draft(body="<p>" + "长" * drafts.MAX_BODY_CHARS + "</p>")
    assert not Article.objects.exists()


def test_further_columns_are_replaced_and_never_the_department_itself(newsroom):
    draft = newsroom.draft(columns=[newsroom.elsewhere, newsroom.department]).active_draft()
    assert list(draft.columns.all()) == [newsroom.elsewhere]
    saved(draft, newsroom.drafter, title="另一个标题")
    assert list(draft.columns.all()) == [newsroom.elsewhere]
    saved(draft, newsroom.drafter, columns=[])
    assert not draft.columns.exists()


# Stale saves.


def test_a_save_over_somebody_elses_newer_save_is_refused(newsroom):
    """Scenario 9."""
    mine = newsroom.draft(title="原题").active_draft()
    theirs = Revision.objects.get(pk=mine.pk)
    saved(theirs, newsroom.colleague, title="同事的标题", body="<p>同事的正文</p>")
    with pytest.raises(StaleDraft, match=newsroom.colleague.full_name) as caught:
        drafts.save_draft(mine, {"title": "我的标题"}, by=newsroom.drafter, version=mine.version)
    assert caught.value.draft.title == "同事的标题"
    assert Revision.objects.get(pk=mine.pk).title == "同事的标题"
    assert not DraftSave.objects.filter(content__title="我的标题").exists()


def test_the_form_shows_what_was_typed_and_what_stands_there(newsroom, client):
    """Scenario 9."""
    article = newsroom.draft(title="原题")
    opened = article.active_draft()
    saved(article.active_draft(), newsroom.colleague, title="同事的标题", body="<p>同事的正文</p>")
    client.force_login(newsroom.drafter)
    answer = client.post(page(article), form(opened, title="我的标题", body="<p>我的正文</p>"))
    assert answer.status_code == 409
    shown = answer.content.decode()
    for words in ("我的标题", "我的正文", "同事的标题", "同事的正文", newsroom.colleague.full_name):
        assert words in shown
    assert article.active_draft().title == "同事的标题"


def test_a_save_that_does_not_say_what_it_was_typed_over_is_refused(newsroom, client):
    """Scenario 9."""
    article = newsroom.draft(title="原题")
    client.force_login(newsroom.drafter)
    for version in [None, "", "0", "999"]:
        assert client.post(page(article), form(title="我的标题", version=version)).status_code == 409, version
    assert article.active_draft().title == "原题"


def test_the_first_save_after_opening_succeeds(newsroom, client):
    article = newsroom.draft(title="原题")
    client.force_login(newsroom.drafter)
    assert client.post(page(article), form(article.active_draft(), title="我的标题")).status_code == 302
    assert article.active_draft().title == "我的标题"


def test_a_submitted_text_is_not_saved_over(newsroom):
    """Scenario 7."""
    article = newsroom.draft(title="原题")
    draft = article.active_draft()
    services.submit(article, by=newsroom.drafter)
    with pytest.raises(StaleDraft):
        drafts.save_draft(draft, {"title": "后来的标题"}, by=newsroom.drafter, version=draft.version)
    assert Revision.objects.get(pk=draft.pk).title == "原题"


@pytest.mark.django_db(transaction=True)
def test_of_several_saves_at_the_same_moment_one_wins_and_the_others_are_told(newsroom):
    """Scenario 9."""
    draft = newsroom.draft().active_draft()

    def save(title):
        mine = Revision.objects.get(pk=draft.pk)
        return drafts.save_draft(mine, {"title": title}, by=newsroom.colleague, version=draft.version)

    outcomes = at_once([lambda title=title: save(title) for title in "甲乙丙丁"])
    assert [isinstance(outcome, StaleDraft) for outcome in outcomes].count(True) == 3
    winner = next(title for title, outcome in zip("甲乙丙丁", outcomes, strict=True) if outcome == [])
    draft.refresh_from_db()
    assert (draft.title, draft.version) == (winner, 3)


# The form.


WRONG = [
    ("title", ""),
    ("title", "   "),
    ("title", "长" * 201),
    ("subtitle", "长" * 201),
    ("summary", "长" * 501),
    ("body", "<p>" + "长" * drafts.MAX_BODY_CHARS + "</p>"),
    ("address", "javascript:alert(1)"),
    ("address", "nonsense"),
    ("dated", "2014-02-31T00:00"),
    ("issued_on", "yesterday"),
    ("validity", "nonsense"),
]


def test_the_form_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(newsroom, client):
    article = newsroom.draft(title="原题")
    client.force_login(newsroom.drafter)
    for field, value in WRONG:
        answer = client.post(page(article), form(article.active_draft(), **{"author": "打好的作者", field: value}))
        assert answer.status_code == 200, field
        assert set(answer.context["form"].errors) == {field}
        assert "打好的作者" in answer.content.decode()
    assert article.active_draft().title == "原题" and article.active_draft().author == ""


def test_a_form_writes_no_state_and_moves_no_article(newsroom, client):
    """Scenario 12."""
    article = newsroom.draft()
    client.force_login(newsroom.drafter)
    sent = form(
        article.active_draft(),
        state="frozen",
        digest="0" * 64,
        number="99",
        discarded_at="2014-02-07",
        department=newsroom.elsewhere.pk,
        saved_by=newsroom.admin.pk,
    )
    assert client.post(page(article), sent).status_code == 302
    draft = article.active_draft()
    assert (draft.state, draft.digest, draft.number, draft.saved_by) == ("draft", "", 1, newsroom.drafter)
    article.refresh_from_db()
    assert article.department == newsroom.department and article.discarded_at is None


def test_only_those_who_write_here_open_the_draft(newsroom, client):
    article = newsroom.draft()
    for person, status in [
        (newsroom.drafter, 200),
        (newsroom.colleague, 200),
        (newsroom.reviewer, 302),
        (newsroom.stranger, 403),
    ]:
        client.force_login(person)
        assert client.get(page(article)).status_code == status
    client.force_login(newsroom.reviewer)
    client.post(page(article), form(article.active_draft(), title="审核人的标题"))
    assert article.active_draft().title == "示例标题"


def test_the_form_of_an_article_that_is_not_there_is_not_found(newsroom, client):
    client.force_login(newsroom.drafter)
    for pk in ["0", "999999", "9" * 30, "x", "1;drop"]:
        assert client.get(f"/admin/articles/article/{pk}/change/").status_code == 404, pk


# History and hands.


def test_the_history_of_a_draft_keeps_the_last_fifty_saves(newsroom):
    draft = newsroom.draft().active_draft()
    for number in range(55):
        saved(draft, newsroom.drafter, title=f"第{number}次")
    kept = list(DraftSave.objects.filter(revision=draft).order_by("version").values_list("content__title", flat=True))
    assert len(kept) == DraftSave.MAX_SAVES == 50
    assert kept == [f"第{number}次" for number in range(5, 55)]


def test_everybody_who_saved_has_a_hand_in_the_text_once(newsroom):
    """Scenario 2."""
    draft = newsroom.draft().active_draft()
    for person in (newsroom.colleague, newsroom.drafter, newsroom.colleague):
        saved(draft, person, title=f"{person.full_name}的标题")
    assert draft.contributor_ids() == {newsroom.drafter.pk, newsroom.colleague.pk}
    assert Contribution.objects.filter(revision=draft).count() == 2


def test_a_refused_save_gives_nobody_a_hand(newsroom):
    draft = newsroom.draft().active_draft()
    with pytest.raises(StaleDraft):
        drafts.save_draft(draft, {"title": "x"}, by=newsroom.colleague, version=99)
    assert draft.contributor_ids() == {newsroom.drafter.pk}


def test_a_hand_in_a_text_stays_on_record(newsroom):
    newsroom.draft()
    refused("UPDATE articles_contribution SET person_name = 'x'")
    refused("DELETE FROM articles_contribution")


def test_nobody_is_given_a_hand_in_a_submitted_text(newsroom):
    """Or an approver could be shut out by raw SQL."""
    opened = newsroom.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        drafts.add_contributor(opened.revision, newsroom.reviewer)


# One draft at a time.


def test_an_article_has_one_active_draft(newsroom):
    draft = newsroom.draft().active_draft()
    refused(*copied(Revision, draft.pk, number=2))
    with pytest.raises(IntegrityError), transaction.atomic():
        drafts.copy_as_draft(draft, by=newsroom.drafter, keep_contributors=True, based_on=None)
    assert run(*copied(Revision, draft.pk, number=2, state="discarded")) == 1


def test_an_article_has_one_parked_draft_beside_the_active_one(newsroom):
    """Scenario 48."""
    draft = newsroom.draft().active_draft()
    assert run(*copied(Revision, draft.pk, number=2, state="parked")) == 1
    refused(*copied(Revision, draft.pk, number=3, state="parked"))


def test_two_revisions_of_an_article_never_have_the_same_number(newsroom):
    draft = newsroom.draft().active_draft()
    refused(*copied(Revision, draft.pk, number=1, state="discarded"))
