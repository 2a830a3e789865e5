"""Decisions need an opened review page of this exact text."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from tests.factories import nothing_changes
from tests.workflow.action_calls import approve, give_back
from tests.workflow.action_factories import somebody
from tests.workflow.pages import Page
from workflow import services
from workflow.actions import openings
from workflow.models import Opening

pytestmark = pytest.mark.django_db

INSERT = "INSERT INTO workflow_opening (round_id, person_id, digest, opened_at)"
VERDICTS = pytest.mark.parametrize("verdict", ["approve", "return"])


def url(waiting):
    return reverse("admin:workflow_round_review", args=[waiting.pk])


def opened(client, waiting):
    """The token in the form of the page."""
    return Page(client.get(url(waiting))).fields["opened"]


def refused(client, waiting, token, verdict="approve"):
    """The page that a refused decision leads to. It says so, decides nothing and keeps the opinion."""
    words = {"verdict": verdict, "comment": "写好的意见"} | ({} if token is None else {"opened": token})
    with nothing_changes():
        response = client.post(url(waiting), words)
    assert response.status_code == 400
    assert "没有生效" in response.content.decode() and Page(response).fields["comment"] == "写好的意见"
    return response


@VERDICTS
def test_the_form_of_one_article_sent_to_the_next_decides_nothing_there(newsroom, as_user, verdict):
    """As the second of two taps did, when a decision led straight to the next article."""
    first, second = newsroom.submitted(), newsroom.submitted()
    client = as_user("reviewer")
    words = {"opened": opened(client, first), "verdict": verdict, "comment": "请改"}
    assert client.post(url(first), words).status_code == 302
    refused(client, second, words["opened"], verdict)
    refused(client, second, None, verdict)
    assert first.decisions.count() == 1


@VERDICTS
@pytest.mark.parametrize("whose", ["another person", "another round", "another site", "a bare digest", "changed"])
def test_a_token_of_something_else_is_refused(newsroom, as_user, settings, whose, verdict):
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    own = opened(client, waiting)
    other = somebody(newsroom, "other", "reviewer")
    match whose:
        case "another person":
            token = opened(as_user(other), waiting)
        case "another round":
            token = opened(client, newsroom.submitted())
        case "another site":
            settings.SECRET_KEY, key = "x" * 50, settings.SECRET_KEY
            token = openings.issue_token(waiting, newsroom.reviewer)
            settings.SECRET_KEY = key
        case "a bare digest":
            token = waiting.revision.digest
        case "changed":
            token = own[:-1] + ("A" if own[-1] != "A" else "B")
    refused(client, waiting, token, verdict)
    assert client.post(url(waiting), {"opened": own, "verdict": verdict, "comment": "请改"}).status_code == 302


@VERDICTS
def test_a_token_that_names_another_text_of_the_round_is_refused(newsroom, as_user, verdict):
    waiting = newsroom.submitted()
    shown, waiting.revision.digest = waiting.revision.digest, "0" * 64
    token = openings.issue_token(waiting, newsroom.reviewer)
    waiting.revision.digest = shown
    client = as_user("reviewer")
    with nothing_changes():
        response = client.post(url(waiting), {"opened": token, "verdict": verdict, "comment": "请改"})
    assert response.status_code == 400 and response.context["form"].non_field_errors()


def test_the_page_of_a_refused_decision_can_decide(newsroom, as_user):
    """It shows the text, so its form is a good one."""
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    token = Page(refused(client, waiting, "gone")).fields["opened"]
    assert client.post(url(waiting), {"opened": token, "verdict": "approve"}).status_code == 302


def test_the_first_look_of_each_person_who_may_decide_is_kept_once(newsroom, as_user):
    waiting = newsroom.submitted()
    second = somebody(newsroom, "second", "reviewer")
    for who in ("drafter", "publisher", "admin"):
        as_user(who).get(url(waiting))
    as_user("reviewer").head(url(waiting))
    assert not Opening.objects.exists()
    for who in ("reviewer", "reviewer", second):
        as_user(who).get(url(waiting))
    kept = list(Opening.objects.order_by("pk").values_list("round", "person", "digest"))
    assert kept == [(waiting.pk, one.pk, waiting.revision.digest) for one in (newsroom.reviewer, second)]


def test_who_has_decided_or_whose_round_is_closed_opens_nothing(newsroom, as_user):
    decided, closed = newsroom.submitted(), newsroom.submitted()
    approve(decided, newsroom.reviewer)
    give_back(closed, newsroom.reviewer)
    for waiting in (decided, closed):
        assert "opened" not in Page(as_user("reviewer").get(url(waiting))).fields
    assert not Opening.objects.exists()


def test_an_identical_text_that_is_submitted_again_is_opened_again(newsroom, as_user):
    waiting = newsroom.submitted()
    client = as_user("reviewer")
    token = opened(client, waiting)
    services.take_back(waiting, by=newsroom.drafter)
    again = newsroom.submitted(waiting.article)
    assert again.revision.digest == waiting.revision.digest
    refused(client, again, token)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM workflow_opening",
        "UPDATE workflow_opening SET digest = 'x'",
        "UPDATE workflow_opening SET person_id = person_id + 1",
        f"{INSERT} SELECT round_id, person_id + 1, 'x', opened_at FROM workflow_opening",
        f"{INSERT} SELECT round_id, person_id, digest, opened_at FROM workflow_opening",
    ],
)
def test_the_database_keeps_openings_as_they_are(newsroom, as_user, statement):
    as_user("reviewer").get(url(newsroom.submitted()))
    assert Opening.objects.count() == 1
    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
