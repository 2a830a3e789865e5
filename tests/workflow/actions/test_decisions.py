"""Decisions: separation of duties, and the text that was seen."""

import pytest
from django.db import IntegrityError, transaction

from articles import drafts
from articles.models import Revision
from articles.models.revision import RevisionState
from tests.factories import grant, nothing_changes, person
from tests.workflow.action_calls import approve, edit, give_back, refused
from workflow import services
from workflow.exceptions import StaleText
from workflow.models import Decision, Round, Verdict

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases("rounds, decisions and publications are read as JSON subqueries"),
]


@pytest.fixture
def both(newsroom):
    """Somebody who drafts and reviews in the department."""
    one = person("both")
    for role in ("drafter", "reviewer"):
        grant(one, role, newsroom.department, newsroom.admin)
    return one


@pytest.fixture
def superuser(newsroom):
    """A superuser who also has every role of the department."""
    one = person("chief", is_superuser=True)
    for role in ("drafter", "reviewer", "publisher"):
        grant(one, role, newsroom.department, newsroom.admin)
    return one


# Separation of duties.


def test_who_submitted_a_text_cannot_decide_on_it_even_without_having_written_it(newsroom, both):
    """Scenario 1."""
    waiting = services.submit(newsroom.draft(), by=both)
    refused(waiting, both)
    approve(waiting, newsroom.reviewer)
    assert waiting.decisions.get().person == newsroom.reviewer


def test_everybody_who_edited_the_text_is_refused_and_not_only_the_last(newsroom, both):
    """Scenario 2."""
    article = newsroom.draft()
    edit(article, both)
    edit(article, newsroom.colleague)
    edit(article, newsroom.drafter)
    refused(newsroom.submitted(article), both)


@pytest.mark.parametrize("how", ["returned", "taken back"])
def test_a_hand_in_a_text_stays_when_the_text_is_copied_into_a_new_draft(newsroom, both, how):
    """Scenario 2."""
    article = newsroom.draft()
    edit(article, both)
    waiting = newsroom.submitted(article)
    if how == "returned":
        give_back(waiting, newsroom.reviewer)
    else:
        services.take_back(waiting, by=newsroom.drafter)
    edit(article, newsroom.drafter)
    refused(newsroom.submitted(article), both)


def test_a_hand_in_what_is_published_by_now_is_no_hand_in_its_next_version(newsroom, both):
    """Scenario 2."""
    article = newsroom.draft()
    edit(article, both)
    newsroom.published(article)
    waiting = newsroom.submitted(newsroom.rewritten(article))
    approve(waiting, both)
    assert waiting.decisions.get().person == both


def test_a_superuser_with_a_hand_in_the_text_is_refused_whatever_their_roles(newsroom, superuser):
    """Scenario 3."""
    article = newsroom.draft()
    edit(article, superuser)
    refused(newsroom.submitted(article), superuser)


def test_a_superuser_needs_the_role_of_the_step(newsroom, superuser):
    """Scenario 3."""
    waiting = newsroom.submitted()
    refused(waiting, newsroom.admin)
    approve(waiting, superuser)
    assert waiting.decisions.get().person == superuser


def test_one_person_cannot_decide_two_steps_of_one_round(newsroom, superuser):
    """Scenario 4."""
    waiting = newsroom.submitted()
    approve(waiting, superuser)
    refused(waiting, superuser)
    assert approve(waiting, newsroom.publisher) is not None


def test_the_same_person_may_decide_again_in_a_later_round(newsroom):
    """Scenario 4."""
    waiting = newsroom.submitted()
    give_back(waiting, newsroom.reviewer)
    again = newsroom.submitted(waiting.article)
    approve(again, newsroom.reviewer)
    assert [decision.verdict for decision in again.decisions.all()] == [Verdict.APPROVE]


def decision(waiting, by, **facts):
    """A row as the services would write it, put past them into the database."""
    return Decision(
        **{
            "round": waiting,
            "step": waiting.current_step(),
            "person": by,
            "person_name": by.full_name,
            "principal": by,
            "principal_name": by.full_name,
            "verdict": Verdict.APPROVE,
            "digest": waiting.revision.digest,
            **facts,
        }
    )


def test_the_database_itself_refuses_a_decision_by_somebody_with_a_hand_in_the_text(newsroom, both):
    """Scenario 2."""
    waiting = newsroom.submitted()
    with pytest.raises(IntegrityError, match="had a hand in"), transaction.atomic():
        decision(waiting, newsroom.drafter).save()
    with pytest.raises(IntegrityError, match="had a hand in"), transaction.atomic():
        decision(waiting, both, principal=newsroom.drafter).save()
    decision(waiting, both).save()


def test_the_database_itself_refuses_a_second_decision_by_one_person_in_a_round(newsroom):
    """Scenario 4."""
    waiting = newsroom.reviewed()
    with pytest.raises(IntegrityError), transaction.atomic():
        decision(waiting, newsroom.reviewer).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        decision(waiting, newsroom.publisher, principal=newsroom.reviewer).save()
    decision(waiting, newsroom.publisher).save()


@pytest.mark.parametrize("facts", [{"digest": "0" * 64}, {"verdict": "maybe"}, {"verdict": "return", "comment": ""}])
def test_the_database_itself_refuses_a_decision_that_cannot_be(newsroom, facts):
    """Scenario 12."""
    waiting = newsroom.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        decision(waiting, newsroom.reviewer, **facts).save()
    decision(waiting, newsroom.reviewer).save()


def test_the_database_itself_refuses_a_decision_on_a_closed_round_and_any_change_of_one(newsroom):
    waiting = newsroom.submitted()
    step = waiting.current_step()
    give_back(waiting, newsroom.reviewer)
    with pytest.raises(IntegrityError, match="while the round is open"), transaction.atomic():
        decision(waiting, newsroom.publisher, step=step).save()
    for change in (Decision.objects.all().delete, lambda: Decision.objects.update(comment="同意")):
        with pytest.raises(IntegrityError, match="decisions are never"), transaction.atomic():
            change()
    assert waiting.decisions.get().comment == "请补充数据"


# The text that was seen.


@pytest.mark.parametrize("decide", [services.approve, services.return_for_changes])
@pytest.mark.parametrize("seen", ["", "0" * 64, "of the round before"])
def test_a_decision_says_which_text_it_is_about_and_a_wrong_one_is_refused_with_the_reason(newsroom, decide, seen):
    """Scenario 8."""
    first = newsroom.submitted()
    give_back(first, newsroom.reviewer)
    edit(first.article, newsroom.drafter)
    waiting = newsroom.submitted(first.article)
    seen = first.revision.digest if seen == "of the round before" else seen
    words = {"reason": "请改"} if decide is services.return_for_changes else {}
    with nothing_changes(), pytest.raises(StaleText):
        decide(waiting, by=newsroom.reviewer, seen=seen, **words)
    decide(waiting, by=newsroom.reviewer, seen=waiting.revision.digest, **words)


def test_what_was_submitted_cannot_be_edited_until_it_is_taken_back(newsroom):
    """Scenario 7."""
    article = newsroom.draft()
    draft = article.active_draft()
    waiting = newsroom.submitted(article)
    with nothing_changes(), pytest.raises(drafts.StaleDraft):
        drafts.save_draft(draft, {"title": "另一个标题"}, by=newsroom.drafter, version=draft.version)
    assert article.active_draft() is None
    services.take_back(waiting, by=newsroom.drafter)
    edit(article, newsroom.drafter, title="另一个标题")
    assert article.active_draft().title == "另一个标题"


def test_the_database_itself_refuses_a_draft_while_a_round_is_open(newsroom):
    """Scenario 7."""
    waiting = newsroom.submitted()
    by = newsroom.drafter

    def another_draft():
        return Revision(article=waiting.article, number=2, title="偷改", saved_by=by, saved_by_name=by.full_name)

    with pytest.raises(IntegrityError, match="while a round is open"), transaction.atomic():
        another_draft().save()
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Revision.objects.filter(pk=waiting.revision_id).update(body="<p>偷改。</p>")
    give_back(waiting, newsroom.reviewer)
    assert waiting.article.revisions.filter(state=RevisionState.DRAFT).update(title="公开改") == 1


def test_the_database_itself_refuses_a_second_open_round_of_an_article(newsroom):
    waiting = newsroom.submitted()
    facts = {name: getattr(waiting, name) for name in ("article", "revision", "pipeline", "submitted_by")}
    with pytest.raises(IntegrityError), transaction.atomic():
        Round.objects.create(number=2, pipeline_name="两级审批", submitted_by_name="甲", **facts)
    give_back(waiting, newsroom.reviewer)
    Round.objects.create(number=2, pipeline_name="两级审批", submitted_by_name="甲", **facts)
