"""Filters of the article list, CSV export, query counts."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import drafts
from articles.models import Article
from departments.models import DepartmentKind
from tests.factories import IMPOSSIBLE, department, grant
from workflow import services
from workflow.desk import article_filters
from workflow.desk.article_filters import STATE_FILTERS, ArticleFilter, in_state
from workflow.rules.states import PublicState, TextState, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("the search index and its SQL differ")]
LIST = "/admin/articles/article/"
EXPORT = f"{LIST}export.csv"


def titles(client, **asked):
    return {row.title for row in client.get(LIST, asked).context["rows"]}


def test_words_are_found_in_title_and_text_of_drafts_and_of_what_is_public(newsroom, as_user):
    newsroom.draft(title="甲稿", body="<p>义务植树在东郊林场</p>")
    newsroom.submitted(title="乙稿植树", body="<p>别的</p>")
    newsroom.published(title="丙稿", body="<p>春季植树纪实</p>")
    newsroom.draft(title="丁稿", body="<p>读书</p>")
    drafter = as_user("drafter")
    assert titles(drafter, q="植树") == {"甲稿", "乙稿植树", "丙稿"}
    assert titles(drafter, q="植树 林场") == {"甲稿"}
    assert titles(drafter, q="植") == {"甲稿", "乙稿植树", "丙稿"}
    assert titles(drafter, q="没有的词") == set()


def test_the_words_found_are_those_that_stand_there_now(newsroom, as_user):
    article = newsroom.draft(title="稿", body="<p>旧词语</p>")
    draft = article.active_draft()
    drafts.save_draft(draft, {"body": "<p>新说法</p>"}, by=newsroom.drafter, version=draft.version)
    drafter = as_user("drafter")
    assert titles(drafter, q="旧词语") == set() and titles(drafter, q="新说法") == {"稿"}
    services.discard(
        newsroom.rewritten(newsroom.published(title="已发").article, body="<p>弃用的</p>"), by=newsroom.drafter
    )
    assert titles(drafter, q="弃用的") == set()


def test_what_was_withdrawn_or_returned_is_found_still(newsroom, as_user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        gone = newsroom.published(title="撤下的", body="<p>撤稿内容</p>").article
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(gone, by=newsroom.publisher, reason="有误", notice="")
        back = newsroom.submitted(title="退回的", body="<p>退稿内容</p>")
        services.return_for_changes(back, by=newsroom.reviewer, seen=back.revision.digest, reason="改")
        newsroom.published(title="发布的", body="<p>刊出内容</p>")
    drafter = as_user("drafter")
    for word, title in (("撤稿内容", "撤下的"), ("退稿内容", "退回的"), ("刊出内容", "发布的")):
        assert titles(drafter, q=word) == {title}
    call_command("reindex", verbosity=0)
    for word, title in (("撤稿内容", "撤下的"), ("退稿内容", "退回的"), ("刊出内容", "发布的")):
        assert titles(drafter, q=word) == {title}


def test_nobody_finds_a_word_of_a_department_that_they_have_no_role_in(newsroom, as_user):
    """Scenario 18."""
    newsroom.draft(title="内部", body="<p>机密事项</p>")
    assert titles(as_user("stranger"), q="机密事项") == set()
    assert "内部" not in as_user("stranger").get(EXPORT).getvalue().decode()
    assert titles(as_user("admin"), q="机密事项") == {"内部"}


def every_state():
    return [(text, public) for text in TextState for public in PublicState if (text, public) not in IMPOSSIBLE]


def expected(state):
    """The names in finding.STATES that an article in this state goes by."""
    if state.text == TextState.DISCARDED and state.public == PublicState.UNPUBLISHED:
        return {"discarded"}
    names = {
        TextState.DRAFT: {"draft"},
        TextState.RETURNED: {"returned"},
        TextState.IN_REVIEW: {"in_review"},
        TextState.PARKED: {"parked"},
    }
    found = set(names.get(state.text, set()))
    public = {
        PublicState.LIVE: {"live"},
        PublicState.REPLACING: {"live", "scheduled"},
        PublicState.SCHEDULED: {"scheduled"},
        PublicState.WITHDRAWN: {"withdrawn"},
        PublicState.EXPIRED: {"expired"},
    }
    return found | public.get(state.public, set())


@pytest.mark.slow
def test_each_state_finds_the_articles_that_are_in_it_and_no_others(newsroom):
    articles = {newsroom.article_in(text, public): (text, public) for text, public in every_state()}
    found = {name: set(in_state(Article.objects.all(), name)) for name, _label in article_filters.STATE_CHOICES}
    for article in articles:
        state = state_of(article)
        names = {name for name in found if article in found[name]} - {"emergency"}
        assert names == expected(state), state
    assert set(STATE_FILTERS) | {"discarded"} == {name for name, _label in article_filters.STATE_CHOICES}


def test_an_emergency_is_found_until_it_is_confirmed(newsroom):
    article = newsroom.draft()
    digest = article.active_draft().compute_digest()
    services.publish_in_emergency(article, by=newsroom.publisher, seen=digest, reason="急")
    assert set(in_state(Article.objects.all(), "emergency")) == {article}
    services.confirm_emergency(article, by=newsroom.admin, seen=article.publications.get().digest)
    assert not in_state(Article.objects.all(), "emergency").exists()


def test_a_department_brings_the_columns_that_it_is_responsible_for(newsroom, as_user):
    board = department("公告栏", newsroom.admin, kind=DepartmentKind.COLUMN, responsible=newsroom.department)
    newsroom.draft(title="本部")
    drafts.create_article(department=board, content={"title": "栏目"}, by=newsroom.drafter)
    drafter = as_user("drafter")
    assert titles(drafter, department=newsroom.department.pk) == {"本部", "栏目"}
    assert titles(drafter, department=board.pk) == {"栏目"}
    # One that the person may not see is none of the choices, and narrows nothing.
    page = drafter.get(LIST, {"department": newsroom.elsewhere.pk})
    assert page.context["article_filter"].form.errors and len(page.context["rows"]) == 2


def test_articles_are_found_by_who_is_in_charge_and_when_they_were_saved(newsroom, as_user):
    with time_machine.travel(timezone.now() - timedelta(days=10)):
        newsroom.draft(title="早稿")
    handed = newsroom.draft(title="交出的")
    services.hand_draft(handed, by=newsroom.drafter, to=newsroom.colleague)
    drafter = as_user("drafter")
    assert titles(drafter, mine="on") == {"早稿"}
    assert titles(drafter, person=newsroom.colleague.full_name[:4]) == {"交出的"}
    assert titles(drafter, person="没有这个人") == set()
    day = (timezone.localdate() - timedelta(days=5)).isoformat()
    assert titles(drafter, since=day) == {"交出的"}
    assert titles(drafter, until=day) == {"早稿"}


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "nonsense"},
        {"department": "x"},
        {"since": "2014-02-30"},
        {"until": "99999-01-01"},
        {"person": "长" * 51},
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_everything_is_shown(newsroom, as_user, asked):
    newsroom.draft(title="稿")
    page = as_user("drafter").get(LIST, asked)
    assert page.status_code == 200 and set(page.context["article_filter"].form.errors) == set(asked)
    assert [row.title for row in page.context["rows"]] == ["稿"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "999999999999999999999"])
def test_a_page_that_is_none_shows_the_nearest(newsroom, as_user, number):
    newsroom.draft(title="稿")
    assert titles(as_user("drafter"), page=number) == {"稿"}


def test_what_was_discarded_is_found_only_when_asked_for(newsroom, as_user):
    services.discard(newsroom.draft(title="弃"), by=newsroom.drafter)
    newsroom.draft(title="留")
    drafter = as_user("drafter")
    assert titles(drafter) == {"留"} and titles(drafter, state="discarded") == {"弃"}


def test_more_than_are_counted_are_said_to_be_more(newsroom, as_user, monkeypatch):
    monkeypatch.setattr(article_filters, "MAX_COUNTED", 3)
    for number in range(5):
        newsroom.draft(title=f"稿{number}")
    page = as_user("drafter").get(LIST)
    assert page.context["are_more"] and page.context["page"].paginator.count == 3


def queries(client, **asked):
    with CaptureQueriesContext(connection) as counted:
        assert client.get(LIST, asked).status_code == 200
    # Outside of a test, the transaction round a bounded search is no savepoint of another one, and nothing is set back.
    around = ("SAVEPOINT", "SELECT set_config(name, value")
    return sum(not any(words in query["sql"] for words in around) for query in counted)


def test_the_list_takes_at_most_fifteen_queries_however_many_articles(newsroom, as_user):
    """Scenario 47."""
    drafter = as_user("drafter")
    asked = [
        {},
        {"q": "植树"},
        {"state": "returned"},
        {"state": "live", "department": newsroom.department.pk, "person": "甲"},
    ]
    newsroom.draft(title="植树")
    few = [queries(drafter, **one) for one in asked]
    for number in range(8):
        newsroom.draft(title=f"植树{number}")
        newsroom.published(title=f"植树发布{number}")
        newsroom.article_in(TextState.RETURNED, PublicState.LIVE)
    many = [queries(drafter, **one) for one in asked]
    assert all(number <= 15 for number in many), many
    # Of what was found before, nothing more is asked; where nothing was, what a page asks of its articles.
    assert many[:2] == few[:2]
    assert many == [queries(drafter, **one) for one in asked]


def test_the_table_for_other_programs_holds_what_was_found_and_runs_no_formula(newsroom, as_user):
    newsroom.published(title="=HYPERLINK(1)植树", body="<p>一</p>")
    newsroom.draft(title="@读书")
    newsroom.draft(title="别的")
    answer = as_user("drafter").get(EXPORT, {"person": newsroom.drafter.full_name})
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in answer["Content-Disposition"]
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[1] for row in rows[1:]] == ["别的", "'@读书", "'=HYPERLINK(1)植树"]
    public = dict(zip(rows[0], rows[3], strict=True))
    assert public["状态"] == "已发布" and public["地址"].startswith("http://testserver/")
    only = as_user("drafter").get(EXPORT, {"q": "植树"}).getvalue().decode()
    assert "植树" in only and "读书" not in only


def test_of_more_than_are_counted_the_newest_are_listed_and_the_table_has_all(newsroom, as_user, monkeypatch):
    monkeypatch.setattr(article_filters, "MAX_COUNTED", 2)
    today = timezone.now()
    for age in (4, 1, 3, 2):
        newsroom.published(title=f"植树{age}", dated=today - timedelta(days=age))
    drafter = as_user("drafter")
    answer = drafter.get(LIST, {"q": "植树"})
    # One more than are counted is looked for, by date; the list has them by number.
    assert answer.context["are_more"] and [row.title for row in answer.context["rows"]] == ["植树2", "植树3"]
    assert drafter.get(EXPORT, {"q": "植树"}).getvalue().decode().count("植树") == 4


def test_a_search_that_takes_too_long_gives_no_half_table_but_says_so(newsroom, as_user, monkeypatch):
    from workflow.admin import article_list

    newsroom.draft(title="植树")
    monkeypatch.setattr(article_list, "EXPORT_TIMEOUT_SECONDS", 0)
    answer = as_user("drafter").get(EXPORT, {"q": "植树", "state": "draft"}, follow=True)
    address, _status = answer.redirect_chain[-1]
    assert address.startswith(LIST) and "state=draft" in address and "用时过长" in answer.content.decode()


def test_a_long_table_is_made_in_pieces_and_lacks_nothing(newsroom, as_user, monkeypatch):
    from workflow.admin import article_list

    monkeypatch.setattr(article_list, "EXPORT_BATCH_ROWS", 2)
    for number in range(5):
        newsroom.draft(title=f"稿{number}")
    rows = list(csv.reader(io.StringIO(as_user("drafter").get(EXPORT).getvalue().decode())))
    assert [row[1] for row in rows[1:]] == [f"稿{number}" for number in reversed(range(5))]
    newsroom.draft(title="别的")
    text = as_user("drafter").get(EXPORT, {"q": "稿"}).getvalue().decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[1] for row in rows[1:]] == [f"稿{number}" for number in reversed(range(5))]


def test_the_condition_of_every_state_is_answered_for_somebody_with_many_departments(newsroom):
    grant(newsroom.drafter, "reviewer", None, newsroom.admin)
    newsroom.draft(title="稿")
    for name, _label in article_filters.STATE_CHOICES:
        assert ArticleFilter({"state": name}, newsroom.drafter).results.count() in (0, 1)
