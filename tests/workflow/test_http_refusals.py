"""Refusals over HTTP: the rules of the services hold for any request."""

from functools import partial

import pytest
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services import change_user
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import Newsroom, nothing_changes
from tests.ledger.threads import at_once
from tests.workflow.action_calls import approve, edit, give_back, mine, seen
from tests.workflow.action_factories import entries, preset, somebody
from tests.workflow.actions.test_pipelines import change_page, form
from tests.workflow.pages import Page
from workflow import services
from workflow.models import Round, RoundState

QUEUE = "/admin/workflow/round/"
BUSY_TIMES = range(5)


def page_of(waiting):
    return reverse("admin:workflow_round_review", args=[waiting.pk])


def press(client, waiting, verdict, **words):
    """The answer to a button of the review page as it stands open with this round's text."""
    by = get_user(client)
    return client.post(page_of(waiting), seen(waiting, by, verdict=verdict, **words))


def public_status(article):
    return Client().get(f"/{article.department.slug}/{article.pk}/").status_code


def act(article, action):
    return f"/admin/articles/article/{article.pk}/act/{action}/"


@pytest.mark.django_db
def test_one_person_with_the_roles_of_both_steps_finds_no_button_at_the_second_and_is_refused_there(newsroom, as_user):
    """Scenarios 3 and 4."""
    both = somebody(newsroom, "both", "reviewer", "publisher")
    both.is_superuser = True
    change_user(both, by=None)
    waiting = newsroom.submitted()
    client = as_user(both)
    assert press(client, waiting, "approve").status_code == 302
    assert Page(client.get(page_of(waiting))).verdicts() == set()
    assert waiting not in mine(both)
    with nothing_changes():
        for verdict in ("approve", "return"):
            assert press(client, waiting, verdict, comment="同意").status_code == 403
        client.post(QUEUE, {"chosen": f"{waiting.pk}:{waiting.revision.digest}"})
    assert public_status(waiting.article) == 404
    assert press(as_user("publisher"), waiting, "approve").status_code == 302
    assert public_status(waiting.article) == 200


@pytest.mark.django_db
def test_an_approval_from_a_page_that_was_open_while_the_text_changed_publishes_nothing(newsroom, as_user):
    """Scenarios 7 and 8."""
    waiting = newsroom.reviewed(body="<p>看过的话。</p>")
    publisher = as_user("publisher")
    shown = Page(publisher.get(page_of(waiting))).fields["opened"]
    services.take_back(waiting, by=newsroom.drafter)
    edit(waiting.article, newsroom.drafter, body="<p>没看过的话。</p>")
    again = newsroom.submitted(waiting.article)
    approve(again, newsroom.reviewer)
    with nothing_changes():
        words = {"opened": shown, "verdict": "approve", "comment": "同意。"}
        stale = publisher.post(page_of(waiting), words)
        assert stale.status_code == 400 and "同意。" in stale.content.decode()
        # The page of the old text opens nothing of the new round.
        crossed = publisher.post(page_of(again), words)
        assert crossed.status_code == 400 and crossed.context["form"].non_field_errors()
    assert public_status(waiting.article) == 404
    press(publisher, again, "approve")
    address = f"/{newsroom.department.slug}/{again.article_id}/"
    assert "没看过的话。" in Client().get(address).content.decode()


@pytest.mark.django_db
def test_the_author_takes_a_submission_back_on_the_desk_and_nobody_else_does(newsroom, as_user):
    """Scenario 16."""
    waiting = newsroom.submitted()
    address = act(waiting.article, "take_back")
    overview = f"/admin/articles/article/{waiting.article_id}/overview/"
    for who in ("reviewer", "publisher", "colleague", "stranger"):
        client = as_user(who)
        with nothing_changes():
            assert client.post(address).status_code == 403, who
            client.get(address)
        assert "take_back" not in Page(client.get(overview)).acts(), who
    author = as_user("drafter")
    assert "take_back" in Page(author.get(overview)).acts()
    assert author.post(address).status_code == 302
    assert Round.objects.get().state == RoundState.TAKEN_BACK
    assert mine(newsroom.reviewer) == []


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["deactivated", "deleted"])
@pytest.mark.parametrize("position", [0, 1])
def test_a_step_that_a_superuser_takes_out_of_the_pipeline_publishes_nothing(newsroom, as_user, how, position):
    """Scenario 20."""
    first, second = newsroom.submitted(), newsroom.reviewed()
    pipeline = preset("两级")
    words = form(pipeline)
    if how == "deactivated":
        del words[f"steps-{position}-is_active"]
    else:
        words[f"steps-{position}-DELETE"] = "on"
    assert as_user("admin").post(change_page(pipeline), words).status_code == 302
    assert pipeline.steps.filter(is_active=True).count() == 1
    for waiting in (first, second):
        assert public_status(waiting.article) == 404
        assert [step.name for step in waiting.steps.all()] == ["审核", "签发"]
    assert (mine(newsroom.reviewer), mine(newsroom.publisher)) == ([first], [second])
    assert press(as_user("reviewer"), first, "approve").status_code == 302
    assert public_status(first.article) == 404
    for waiting in (first, second):
        assert press(as_user("publisher"), waiting, "approve").status_code == 302
        assert public_status(waiting.article) == 200
    assert list(mismatches()) == []


@pytest.mark.django_db
def test_discarding_during_a_review_on_the_desk_takes_it_from_the_queue_and_says_why(newsroom, as_user):
    """Scenario 17."""
    waiting = newsroom.submitted(title="重复的通知")
    reviewer, author = as_user("reviewer"), as_user("drafter")
    assert "重复的通知" in reviewer.get(QUEUE).content.decode()
    with nothing_changes():
        assert author.post(act(waiting.article, "discard"), {"discard-reason": " "}).status_code == 400
        assert reviewer.post(act(waiting.article, "discard"), {"discard-reason": "删"}).status_code == 403
    assert author.post(act(waiting.article, "discard"), {"discard-reason": "与上月重复"}).status_code == 302
    assert "重复的通知" not in reviewer.get(QUEUE).content.decode()
    assert "与上月重复" in reviewer.get("/admin/workflow/notification/").content.decode()
    assert "与上月重复" in reviewer.get(f"/admin/articles/article/{waiting.article_id}/overview/").content.decode()


@pytest.mark.django_db
def test_the_pages_of_an_article_take_no_more_queries_for_a_long_history(newsroom, as_user):
    """Scenario 47."""

    def lived(rounds):
        article = newsroom.published().article
        for _again in range(rounds):
            give_back(newsroom.submitted(newsroom.rewritten(article)), newsroom.reviewer)
            newsroom.published(article)
        return newsroom.submitted(newsroom.rewritten(article))

    def queries(waiting):
        counted = []
        overview = f"/admin/articles/article/{waiting.article_id}/overview/"
        for name in ("drafter", "reviewer", "admin"):
            client = as_user(name)
            for address in (overview, page_of(waiting), f"{page_of(waiting)[:-7]}sheet/"):
                client.get(address)
                with CaptureQueriesContext(connection) as asked:
                    assert client.get(address).status_code == 200
                counted.append(len(asked))
        return counted

    short, long = lived(1), lived(6)
    assert len(entries(long.article)) > 3 * len(entries(short.article))
    assert queries(long) == queries(short)


@pytest.fixture
def crowded(transactional_db):
    """The newsroom with a second reviewer and a second publisher, with real transactions."""
    newsroom = Newsroom.open()
    somebody(newsroom, "other", "reviewer")
    somebody(newsroom, "second", "publisher")
    return newsroom


def signed_in(one):
    client = Client(raise_request_exception=False)  # a server error is an answer with 500, as outside
    client.force_login(one)
    return client


@pytest.mark.parametrize("one_after", ["approve", "return"])
@pytest.mark.parametrize("step", [pytest.param("审核", marks=pytest.mark.slow), "签发"])
def test_of_two_buttons_pressed_at_the_same_moment_one_counts_and_the_other_is_told_so(crowded, step, one_after):
    """Scenarios 5 and 6."""
    names = ("reviewer", "other") if step == "审核" else ("publisher", "second")
    people = [crowded.people[name] for name in names]
    clients = [signed_in(one) for one in people]
    for _again in BUSY_TIMES:
        waiting = crowded.submitted() if step == "审核" else crowded.reviewed()
        acts = Entry.objects.exclude(verb="site.setup_ended")  # which comes with the first publication
        before = acts.count()
        answers = at_once(
            [
                partial(press, clients[0], waiting, "approve", comment="同意。"),
                partial(press, clients[1], waiting, one_after, comment="我的话。"),
            ]
        )
        assert sorted(answer.status_code for answer in answers) == [302, 400], answers
        (won,) = [index for index, answer in enumerate(answers) if answer.status_code == 302]
        decided = waiting.decisions.get(step__name=step)
        assert decided.person == people[won]
        assert acts.count() == before + 1
        told = answers[1 - won].content.decode()
        assert people[won].full_name in told  # who was quicker
        assert ("同意。", "我的话。")[1 - won] in told  # and nothing that was typed is lost
        is_public = step == "签发" and decided.verdict == "approve"
        assert public_status(waiting.article) == (200 if is_public else 404)
    assert list(mismatches()) == []
