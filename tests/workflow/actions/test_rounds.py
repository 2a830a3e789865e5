"""Rounds: take back, resubmit, return, discard, whose turn it is."""

import pytest

from articles.models.revision import RevisionState
from departments.exceptions import NotAllowed, WrongState
from ledger.models import Entry
from tests.factories import grant, nothing_changes, person
from tests.workflow.action_calls import approve, edit, give_back, mine, refused
from workflow import services
from workflow.desk.timeline import ledger_events
from workflow.exceptions import ReasonMissing
from workflow.models import Round, Verdict
from workflow.rules.states import ArticleState, PublicState, TextState, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(newsroom):
    """Somebody who drafts and reviews in the department."""
    one = person("both")
    for role in ("drafter", "reviewer"):
        grant(one, role, newsroom.department, newsroom.admin)
    return one


# Taking back and resubmitting.


def test_resubmitting_the_identical_text_keeps_the_approvals_of_earlier_steps(newsroom):
    """Scenario 10."""
    waiting = newsroom.reviewed()
    services.take_back(waiting, by=newsroom.drafter)
    again = newsroom.submitted(waiting.article)
    kept = again.decisions.get()
    assert (kept.person, kept.kept_from) == (newsroom.reviewer, waiting.decisions.get())
    assert (mine(newsroom.reviewer), mine(newsroom.publisher)) == ([], [again])
    publication = approve(again, newsroom.publisher)
    assert [sign["name"] for sign in publication.sign_offs] == [
        newsroom.reviewer.full_name,
        newsroom.publisher.full_name,
    ]


@pytest.mark.parametrize("content", [{"body": "<p>示例正文!</p>"}, {"source": "本站"}, {"keywords": "党建"}])
def test_any_edit_voids_the_approvals(newsroom, content):
    """Scenario 10."""
    waiting = newsroom.reviewed()
    services.take_back(waiting, by=newsroom.drafter)
    edit(waiting.article, newsroom.drafter, **content)
    again = newsroom.submitted(waiting.article)
    assert not again.decisions.exists()
    assert (mine(newsroom.reviewer), mine(newsroom.publisher)) == ([again], [])


def test_an_approval_is_not_kept_for_somebody_who_has_had_a_hand_in_the_text_since(newsroom, both):
    """Scenario 10."""
    waiting = newsroom.submitted()
    approve(waiting, both)
    services.take_back(waiting, by=newsroom.drafter)
    edit(waiting.article, both, title=waiting.revision.title)
    again = newsroom.submitted(waiting.article)
    assert again.revision.digest == waiting.revision.digest
    assert not again.decisions.exists()


def test_the_identical_text_after_a_return_is_decided_anew(newsroom):
    """Scenario 15."""
    waiting = newsroom.reviewed()
    give_back(waiting, newsroom.publisher)
    again = newsroom.submitted(waiting.article)
    assert again.revision.digest == waiting.revision.digest
    assert not again.decisions.exists()
    assert mine(newsroom.reviewer) == [again]


def test_the_history_of_the_round_before_a_return_stays_readable(newsroom):
    """Scenario 15."""
    first = newsroom.reviewed(title="初稿标题")
    give_back(first, newsroom.publisher, reason="标题不妥")
    edit(first.article, newsroom.drafter, title="改后标题")
    again = newsroom.submitted(first.article)
    assert [step.passed_at for step in again.steps.all()] == [None, None]
    told = [(event.name, event.opinion) for event in ledger_events(first.article)]
    assert (newsroom.publisher.full_name, "标题不妥") in told
    assert [found.name for found in ledger_events(first.article)].count(
        newsroom.drafter.full_name
    ) == 3  # begun, two rounds
    assert Round.objects.get(pk=first.pk).revision.title == "初稿标题"
    assert [one.verdict for one in first.decisions.all()] == [Verdict.APPROVE, Verdict.RETURN]


@pytest.mark.parametrize("name", ["drafter", "colleague"])
def test_who_wrote_or_submitted_a_text_can_take_it_back(newsroom, name):
    """Scenario 16."""
    waiting = services.submit(newsroom.draft(), by=newsroom.colleague)
    draft = services.take_back(waiting, by=newsroom.people[name])
    assert (draft.title, draft.body) == (waiting.revision.title, waiting.revision.body)
    assert state_of(waiting.article) == ArticleState(TextState.DRAFT, PublicState.UNPUBLISHED)
    assert Entry.objects.last().verb == "article.taken_back"
    assert mine(newsroom.reviewer) == []


@pytest.mark.parametrize("name", ["stranger", "colleague", "reviewer", "admin"])
def test_nobody_else_can_take_a_submission_back(newsroom, name):
    """Scenario 16."""
    waiting = newsroom.submitted()
    with nothing_changes(), pytest.raises(NotAllowed):
        services.take_back(waiting, by=newsroom.people[name])


def test_what_has_been_decided_cannot_be_taken_back(newsroom):
    waiting = newsroom.reviewed()
    approve(waiting, newsroom.publisher)
    with nothing_changes(), pytest.raises(WrongState):
        services.take_back(waiting, by=newsroom.drafter)


# Returning, and whose turn it is.


@pytest.mark.parametrize("reason", ["", "  \n\t", "\u3000"])
def test_returning_without_a_reason_changes_nothing(newsroom, reason):
    """Scenario 13."""
    waiting = newsroom.submitted()
    with nothing_changes(), pytest.raises(ReasonMissing):
        give_back(waiting, newsroom.reviewer, reason=reason)
    draft = give_back(waiting, newsroom.reviewer, reason=" 请改 ")
    assert draft.state == RevisionState.DRAFT
    assert waiting.decisions.get().comment == "请改"


def test_a_reviewer_of_another_department_cannot_decide_and_has_nothing_in_the_queue(newsroom):
    """Scenario 18."""
    waiting = newsroom.submitted()
    refused(waiting, newsroom.stranger)
    approve(waiting, newsroom.reviewer)
    refused(waiting, newsroom.stranger)  # they sign off too, elsewhere


def test_a_later_step_waits_for_the_earlier_one(newsroom):
    """Scenario 19."""
    waiting = newsroom.submitted()
    refused(waiting, newsroom.publisher)
    assert mine(newsroom.reviewer) == [waiting]
    approve(waiting, newsroom.reviewer)
    assert (mine(newsroom.reviewer), mine(newsroom.publisher)) == ([], [waiting])


def test_who_comes_too_late_for_their_step_is_told_who_decided(newsroom):
    """Scenario 6."""
    waiting = newsroom.submitted()
    other = person("other")
    grant(other, "reviewer", newsroom.department, newsroom.admin)
    approve(waiting, newsroom.reviewer)
    for decide in (approve, give_back):
        with nothing_changes(), pytest.raises(WrongState, match=newsroom.reviewer.full_name):
            decide(waiting, other)


@pytest.mark.parametrize("reason", ["", "重复"])
def test_discarding_what_is_in_review_needs_a_reason(newsroom, reason):
    """Scenario 17."""
    waiting = newsroom.submitted()
    if not reason:
        with nothing_changes(), pytest.raises(ReasonMissing):
            services.discard(waiting.article, by=newsroom.drafter, reason=reason)
        return
    services.discard(waiting.article, by=newsroom.drafter, reason=reason)
    assert Entry.objects.last().data["reason"] == reason
    assert mine(newsroom.reviewer) == []
    with pytest.raises(WrongState):
        approve(waiting, newsroom.reviewer)


def test_an_empty_text_cannot_be_submitted(newsroom):
    article = newsroom.draft(body="<p> </p>")
    with nothing_changes(), pytest.raises(WrongState):
        services.submit(article, by=newsroom.drafter)
    edit(article, newsroom.drafter, body="", address="https://www.gov.cn/")
    assert services.submit(article, by=newsroom.drafter).state == "open"
