"""The article list, the draft form and the overview, over HTTP."""

import pytest
from django.urls import reverse

from articles import drafts
from articles.models import Article, Read, Revision
from articles.models.revision import RevisionState
from departments.models import Department, DepartmentKind
from tests.factories import department, grant, nothing_changes, person
from tests.workflow.action_calls import edit, give_back, mine
from tests.workflow.pages import Page
from workflow import services
from workflow.models import Round
from workflow.rules.states import ArticleState, PublicState, TextState, state_of

pytestmark = pytest.mark.django_db

LIST = "/admin/articles/article/"
ADD = f"{LIST}add/"


def url(article, page, *more):
    return reverse(f"admin:articles_article_{page}", args=[article.pk, *more])


def typed(article=None, **words):
    """What a browser sends: everything that the form holds, with `words` typed over it."""
    draft = article.active_draft() if article else None
    kept = {"title": draft.title, "body": draft.body, "version": draft.version} if draft else {}
    return {**kept, **words}


def errors(response):
    return set(response.context["form"].errors)


def listed(client, **query):
    return {row.article for row in client.get(LIST, query).context["rows"]}


# The list.


def test_the_list_holds_the_articles_of_departments_where_the_person_has_a_role(newsroom, as_user):
    """Scenario 18."""
    own = newsroom.draft()
    board = department("公告栏", newsroom.admin, kind=DepartmentKind.COLUMN, responsible=newsroom.department)
    in_column = drafts.create_article(department=board, content={"title": "公告"}, by=newsroom.drafter)[0]
    foreign = drafts.create_article(department=newsroom.elsewhere, content={"title": "外"}, by=newsroom.stranger)[0]
    nobody = person("nobody")
    assert listed(as_user("drafter")) == listed(as_user("publisher")) == {own, in_column}
    assert listed(as_user("stranger")) == {foreign}
    assert listed(as_user("admin")) == {own, in_column, foreign}
    assert listed(as_user(nobody)) == set()


def test_the_list_is_searched_by_title_and_leaves_out_what_was_discarded(newsroom, as_user):
    wanted, other, gone = (newsroom.draft(title=title) for title in ("植树活动", "会议通知", "植树旧稿"))
    services.discard(gone, by=newsroom.drafter)
    drafter = as_user("drafter")
    assert listed(drafter) == {wanted, other}
    assert listed(drafter, q="植树") == {wanted}


def test_the_list_shows_the_state_of_each_article(newsroom, as_user):
    articles = {newsroom.article_in(text, public) for text, public in [
        (TextState.DRAFT, PublicState.UNPUBLISHED), (TextState.IN_REVIEW, PublicState.LIVE),
        (TextState.SETTLED, PublicState.WITHDRAWN),
    ]}  # fmt: skip
    page = as_user("drafter").get(LIST).content.decode()
    for article in articles:
        assert state_of(article).label in page


@pytest.mark.parametrize("action", ["delete_selected", "publish", "approve"])
def test_nothing_happens_to_articles_in_bulk_from_the_list(newsroom, as_user, action):
    """Scenario 12."""
    article = newsroom.draft()
    admin = as_user("admin")
    with nothing_changes():
        admin.post(LIST, {"action": action, "_selected_action": [article.pk], "post": "yes"})
        assert admin.post(f"{LIST}{article.pk}/delete/", {"post": "yes"}).status_code == 403
        assert admin.get(f"{LIST}{article.pk}/delete/").status_code == 403


# The form.


def test_a_drafter_begins_an_article_and_finds_it_in_the_form_again(newsroom, as_user):
    drafter = as_user("drafter")
    words = {"department": newsroom.department.pk, "title": "  植树  活动 ", "body": "<p>春天。</p>", "source": "本站"}
    response = drafter.post(ADD, words)
    article = Article.objects.get()
    assert response["Location"] == url(article, "change")
    page = Page(drafter.get(response["Location"]))
    assert page.fields["title"] == "植树 活动"
    assert page.fields["body"].strip() == "<p>春天。</p>"
    assert page.fields["source"] == "本站"
    assert page.fields["version"] == str(article.active_draft().version)
    assert article.active_draft().contributor_ids() == {newsroom.drafter.pk}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "长" * 201}, "title"),
        ({"title": " \u3000 "}, "title"),
        ({"department": ""}, "department"),
        ({"department": "999999"}, "department"),
        ({"department": "x' OR 1=1 --"}, "department"),
        ({"body": "<p>" + "长" * drafts.MAX_BODY_CHARS + "</p>"}, "body"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"dated": "2014-02-30T08:00"}, "dated"),
        ({"validity": "for ever"}, "validity"),
        ({"columns": "999999"}, "columns"),
        ({"source": "x\x00y"}, "source"),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field_and_everything_typed_is_kept(newsroom, as_user, wrong, field):
    drafter = as_user("drafter")
    words = {
        "department": newsroom.department.pk,
        "title": "植树",
        "body": "<p>写了很久。</p>",
        "summary": "摘要",
    } | wrong
    with nothing_changes():
        response = drafter.post(ADD, words)
    assert response.status_code == 200
    assert errors(response) == {field}
    assert str(response.context["form"].errors[field][0]) in response.content.decode().replace("&#x27;", "'")
    kept = Page(response).fields
    assert kept["summary"] == "摘要"
    for name in ("title", "body", "address", "dated"):
        assert kept[name] == words.get(name, "")


def test_an_article_cannot_be_begun_where_the_person_does_not_write(newsroom, as_user):
    people = {name: as_user(name) for name in ("drafter", "reviewer", "publisher")}
    with nothing_changes():
        response = people["drafter"].post(ADD, {"department": newsroom.elsewhere.pk, "title": "植树"})
        assert errors(response) == {"department"}
        for name in ("reviewer", "publisher"):
            assert people[name].post(ADD, {"title": "植树"}).status_code == 403


def test_hostile_html_is_cleaned_on_saving(newsroom, as_user):
    """Scenario 46."""
    body = '<p onclick="x()">正文<script>alert(1)</script></p><iframe src="//x"></iframe><a href="javascript:x">去</a>'
    as_user("drafter").post(ADD, {"department": newsroom.department.pk, "title": "<b>植树</b>", "body": body})
    draft = Revision.objects.get()
    assert draft.title == "<b>植树</b>"  # words, which pages escape
    assert draft.body == '<p>正文</p><a rel="noopener noreferrer">去</a>'


def test_what_was_lost_in_cleaning_is_said(newsroom, as_user):
    body = '<p>正文</p><img src="https://elsewhere.example/a.png" alt="合影">'
    words = {"department": newsroom.department.pk, "title": "植树", "body": body}
    page = as_user("drafter").post(ADD, words, follow=True)
    assert any("合影" in str(message) for message in page.context["messages"])


def test_a_form_saved_over_a_newer_save_is_refused_and_both_texts_stand_on_the_page(newsroom, as_user):
    """Scenario 9."""
    article = newsroom.draft()
    words = typed(article, title="我的标题", body="<p>我写了很久。</p>")
    edit(article, newsroom.colleague, title="同事的标题", body="<p>同事写的。</p>")
    drafter = as_user("drafter")
    with nothing_changes():
        response = drafter.post(url(article, "change"), words)
    page, fields = response.content.decode(), Page(response).fields
    assert response.status_code == 409
    assert (fields["title"], fields["body"]) == ("我的标题", "<p>我写了很久。</p>")
    assert "同事的标题" in page and "同事写的。" in page and newsroom.colleague.full_name in page
    # Having seen both, the drafter saves again, now over the colleague's.
    assert drafter.post(url(article, "change"), {**words, "version": fields["version"]}).status_code == 302
    assert article.active_draft().title == "我的标题"


@pytest.mark.parametrize("version", ["", "0", "-1", "99", "abc", "9" * 30])
def test_a_form_that_does_not_say_which_save_it_shows_is_refused_and_kept(newsroom, as_user, version):
    """Scenarios 8 and 9."""
    article = newsroom.draft()
    drafter = as_user("drafter")
    with nothing_changes():
        response = drafter.post(url(article, "change"), typed(article, title="我的标题", version=version))
    assert response.status_code in (200, 409)
    assert errors(response)
    assert Page(response).fields["title"] == "我的标题"


def test_what_was_typed_is_kept_when_somebody_submitted_the_draft_meanwhile(newsroom, as_user):
    """Scenario 9."""
    article = newsroom.draft()
    words = typed(article, title="我的标题", body="<p>我写了很久。</p>")
    services.submit(article, by=newsroom.colleague)
    drafter = as_user("drafter")
    with nothing_changes():
        response = drafter.post(url(article, "change"), words)
    assert response.status_code == 409
    assert Page(response).fields["body"] == "<p>我写了很久。</p>"
    assert not Page(response).having("button", name="_save")


def test_no_field_of_the_form_reaches_the_state_of_an_article(newsroom, as_user):
    """Scenario 12."""
    article = newsroom.published().article
    newsroom.rewritten(article)
    other = newsroom.draft()
    before = article.active_draft()
    extra = {
        "state": "frozen", "digest": "0" * 64, "body_digest": "0" * 64, "frozen_at": "2020-01-01", "number": "99",
        "article": other.pk, "based_on": "", "saved_by": newsroom.admin.pk, "saved_by_name": "别人", "id": other.pk,
        "discarded_at": "2020-01-01", "created_by": newsroom.admin.pk, "expunged_at": "2020-01-01",
        "live_from": "2020-01-01", "text": "settled", "public": "live", "is_emergency": "1",
        "department": newsroom.elsewhere.pk,
    }  # fmt: skip
    as_user("drafter").post(url(article, "change"), {**typed(article, title="新标题"), **extra})
    after = article.active_draft()
    assert (after.title, after.version) == ("新标题", before.version + 1)
    for name in ("pk", "state", "digest", "frozen_at", "number", "article_id", "based_on_id", "expunged_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.saved_by == newsroom.drafter
    assert Article.objects.get(pk=article.pk).department == newsroom.department
    assert state_of(article) == ArticleState(TextState.DRAFT, PublicState.LIVE)


def test_saving_and_submitting_submits_what_was_just_typed(newsroom, as_user):
    article = newsroom.draft()
    response = as_user("drafter").post(url(article, "change"), typed(article, title="定稿", _submit="1"))
    assert response["Location"] == url(article, "overview")
    assert [waiting.revision.title for waiting in mine(newsroom.reviewer)] == ["定稿"]


def test_what_cannot_be_submitted_is_saved_and_the_reason_is_said(newsroom, as_user):
    article = newsroom.draft()
    words = typed(article, title="只有标题", body="", _submit="1")
    response = as_user("drafter").post(url(article, "change"), words, follow=True)
    assert response.redirect_chain == [(url(article, "change"), 302)]
    assert [str(message) for message in response.context["messages"]]
    assert Page(response).fields["title"] == "只有标题"
    assert not Round.objects.exists()


def test_an_article_is_edited_by_whoever_writes_for_its_department_and_by_nobody_else(newsroom, as_user):
    article = newsroom.draft()
    address, words = url(article, "change"), typed(article, title="别人的标题")
    people = {name: as_user(name) for name in ("stranger", "reviewer", "publisher", "colleague")}
    with nothing_changes():
        assert people["stranger"].post(address, words).status_code == 403
        for name in ("reviewer", "publisher"):
            assert people[name].post(address, words)["Location"] == url(article, "overview")
            assert people[name].get(address)["Location"] == url(article, "overview")
    people["colleague"].post(address, words)
    assert article.active_draft().title == "别人的标题"


def test_the_reason_of_a_return_stands_above_the_draft_that_came_back(newsroom, as_user):
    """Scenario 15."""
    waiting = newsroom.submitted()
    give_back(waiting, newsroom.reviewer, reason="第三段的数字有误")
    page = as_user("drafter").get(url(waiting.article, "change")).content.decode()
    assert "第三段的数字有误" in page and newsroom.reviewer.full_name in page


# The overview, and acts from it.


@pytest.mark.parametrize(
    ("text", "public", "offered"),
    [
        (TextState.DRAFT, PublicState.UNPUBLISHED, {"drafter": {"submit", "discard", "hand_draft"}}),
        (TextState.IN_REVIEW, PublicState.UNPUBLISHED, {"drafter": {"take_back", "discard"}, "colleague": {"discard"}}),
        (
            TextState.SETTLED,
            PublicState.LIVE,
            {
                "drafter": {"revise"},
                "publisher": {"withdraw", "expire", "pin"},
                "admin": {"revise", "withdraw", "expire", "pin", "move"},
            },
        ),
        (
            TextState.SETTLED,
            PublicState.SCHEDULED,
            {"drafter": {"revise"}, "publisher": {"unschedule"}, "reviewer": set()},
        ),
    ],
)
def test_the_overview_offers_each_person_the_acts_that_are_theirs_now(newsroom, as_user, text, public, offered):
    article = newsroom.article_in(text, public)
    for name, acts in {"reviewer": set(), **offered}.items():
        page = Page(as_user(name).get(url(article, "overview")))
        assert page.acts() == acts, name


def test_an_act_that_is_not_offered_is_refused_when_it_is_posted(newsroom, as_user):
    article = newsroom.article_in(TextState.SETTLED, PublicState.LIVE)
    people = {name: as_user(name) for name in ("drafter", "reviewer", "publisher", "stranger")}
    words = {"withdraw-reason": "有误", "withdraw-notice": "撤"}
    with nothing_changes():
        for name in ("drafter", "reviewer", "stranger"):
            assert people[name].post(url(article, "act", "withdraw"), words).status_code == 403
        for act in ("submit", "take_back", "discard", "unschedule"):  # the wrong moment, or the wrong person
            answer = people["drafter"].post(url(article, "act", act), {f"{act}-reason": "x"})
            assert answer.status_code in (302, 403), act
    people["publisher"].post(url(article, "act", "withdraw"), words)
    assert state_of(article).public == PublicState.WITHDRAWN


@pytest.mark.parametrize("act", ["submit", "discard", "withdraw", "approve"])
def test_looking_at_the_address_of_an_act_does_nothing(newsroom, as_user, act):
    """Scenario 23."""
    article = newsroom.article_in(TextState.DRAFT, PublicState.LIVE)
    admin = as_user("admin")
    with nothing_changes():
        response = admin.get(url(article, "act", act), {f"{act}-reason": "x"})
    assert response["Location"] == url(article, "overview")


@pytest.mark.parametrize("act", ["publish", "approve", "return", "delete", "SUBMIT"])
def test_an_unknown_act_does_nothing_and_a_decision_needs_the_review_page(newsroom, as_user, act):
    """Scenarios 8 and 12."""
    waiting = newsroom.submitted()
    reviewer = as_user("reviewer")
    with nothing_changes():
        response = reviewer.post(url(waiting.article, "act", act), {f"{act}-reason": "x", "verdict": act}, follow=True)
    assert response.redirect_chain == [(url(waiting.article, "overview"), 302)]
    assert not [message for message in response.context["messages"] if message.level_tag == "success"]


@pytest.mark.parametrize(
    ("act", "situation", "typed_words"),
    [
        ("withdraw", (TextState.SETTLED, PublicState.LIVE), {"withdraw-notice": "本文已撤回"}),
        ("unschedule", (TextState.SETTLED, PublicState.SCHEDULED), {}),
        ("discard", (TextState.IN_REVIEW, PublicState.UNPUBLISHED), {}),
    ],
)
@pytest.mark.parametrize("reason", ["", "  ", "长" * 501], ids=["none", "blank", "too long"])
def test_an_act_without_a_usable_reason_says_so_at_the_field_and_keeps_the_rest(
    newsroom, as_user, act, situation, typed_words, reason
):
    """Scenarios 17 and 31."""
    article = newsroom.article_in(*situation)
    admin = as_user("admin")
    with nothing_changes():
        response = admin.post(url(article, "act", act), {f"{act}-reason": reason, **typed_words})
    assert response.status_code == 400
    form = dict(response.context["action_forms"])[act]
    assert set(form.errors) == {"reason"} and form.errors["reason"][0] in response.content.decode()
    fields = Page(response).fields
    assert fields[f"{act}-reason"] == reason and typed_words.items() <= fields.items()
    admin.post(url(article, "act", act), {f"{act}-reason": "有误", **typed_words})
    assert state_of(Article.objects.get(pk=article.pk)) != ArticleState(*situation)


def test_a_preview_is_no_read_and_an_unknown_revision_is_not_found(newsroom, as_user):
    """Scenario 38."""
    article = newsroom.published(body="<p>已公开。</p>").article
    newsroom.rewritten(article, body="<p>未公开。</p>")
    reviewer = as_user("reviewer")
    assert "未公开。" in reviewer.get(url(article, "preview", 2)).content.decode()
    assert reviewer.get(url(article, "preview", 9)).status_code == 404
    assert reviewer.get(f"{LIST}999999/overview/").status_code == 404
    assert not Read.objects.exists()


def test_a_person_with_two_departments_chooses_one_and_a_person_with_one_finds_it_chosen(newsroom, as_user):
    def chosen(name):
        form = as_user(name).get(ADD).context["form"]
        return set(form.fields["department"].queryset), form.fields["department"].initial

    assert chosen("drafter") == ({newsroom.department}, newsroom.department.pk)
    grant(newsroom.drafter, "drafter", newsroom.elsewhere, newsroom.admin)
    assert chosen("drafter") == (set(Department.objects.all()), None)


def test_a_draft_is_discarded_from_the_overview_without_a_reason(newsroom, as_user):
    article = newsroom.draft()
    as_user("drafter").post(url(article, "act", "discard"), {})
    assert article.revisions.get().state == RevisionState.DISCARDED
