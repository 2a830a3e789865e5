"""Delegations, and rounds that nobody can decide."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments import services as departments
from departments.exceptions import NotAllowed, WrongState
from departments.models import Membership
from ledger.verification.checks import mismatches
from tests.factories import nothing_changes
from tests.workflow.action_calls import approve, edit, mine, refused, seen
from tests.workflow.action_factories import DAY, disable, entries, preset, rearrange, somebody, stand_in, use
from tests.workflow.pages import Page
from workflow import services
from workflow.actions import delegations, pipelines
from workflow.models import Decision, Round
from workflow.rules.eligible_deciders import stranded_rounds
from workflow.rules.states import PublicState, TextState, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def deputy(newsroom):
    """Somebody of another department, without a role in the newsroom's."""
    return somebody(newsroom, "deputy", "drafter", where=newsroom.elsewhere)


def stranded():
    return [found.round for found in stranded_rounds()]


# Deputies.


def test_a_deputy_decides_in_the_leaders_place_and_both_names_are_recorded(newsroom, deputy):
    stand_in(newsroom.publisher, deputy)
    publication = approve(waiting := newsroom.reviewed(), deputy)
    decision = waiting.decisions.get(person=deputy)
    assert (decision.person_name, decision.principal_name) == (deputy.full_name, newsroom.publisher.full_name)
    sign = publication.sign_offs[-1]
    assert (sign["name"], sign["for"]) == (deputy.full_name, newsroom.publisher.full_name)
    entry = entries(publication.article)[-1]
    assert (entry.actor_id, entry.data["on_behalf_of"]) == (deputy.pk, newsroom.publisher.full_name)
    assert list(mismatches()) == []


def test_what_waits_for_the_leader_waits_in_the_deputys_queue_too(newsroom, deputy, as_user):
    waiting = newsroom.reviewed()
    assert mine(deputy) == []
    stand_in(newsroom.publisher, deputy)
    assert mine(deputy) == mine(newsroom.publisher) == [waiting]
    address = f"/admin/workflow/round/{waiting.pk}/"
    words = {"verdict": "approve", "opened": Page(as_user(deputy).get(f"{address}review/")).fields["opened"]}
    response = as_user(deputy).post(f"{address}review/", words, follow=True)
    assert (response.status_code, response.request["PATH_INFO"]) == (200, f"{address}outcome/")
    assert state_of(waiting.article).public == PublicState.LIVE
    assert mine(deputy) == mine(newsroom.publisher) == []


def test_a_deputy_who_wrote_the_text_is_refused(newsroom):
    """Scenario 2."""
    stand_in(newsroom.publisher, newsroom.colleague)
    article = newsroom.draft()
    edit(article, newsroom.colleague)
    refused(newsroom.reviewed(article), newsroom.colleague)
    approve(newsroom.reviewed(), newsroom.colleague)


def test_a_deputy_of_a_leader_who_had_a_hand_in_the_text_is_refused(newsroom, deputy):
    """Scenario 2."""
    stand_in(newsroom.publisher, deputy)
    article = newsroom.draft()
    edit(article, newsroom.publisher)
    refused(newsroom.reviewed(article), deputy)


def test_leader_and_deputy_do_not_decide_two_steps_of_one_round(newsroom, deputy):
    """Scenario 4."""
    both = somebody(newsroom, "both", "reviewer", "publisher")
    stand_in(both, deputy)
    waiting = newsroom.submitted()
    approve(waiting, deputy)
    refused(waiting, both)
    refused(waiting, deputy)
    approve(waiting, newsroom.publisher)


@pytest.mark.parametrize("when", ["before", "after", "revoked", "leader left", "deputy left"])
def test_outside_its_period_a_delegation_counts_for_nothing(newsroom, deputy, when):
    now = timezone.now()
    begins, ends = {"before": (now + DAY, now + 2 * DAY), "after": (now - 2 * DAY, now - DAY)}.get(when, (now, None))
    delegation = stand_in(newsroom.publisher, deputy, begins, ends)
    waiting = newsroom.reviewed()
    if when == "revoked":
        delegations.revoke_delegation(delegation, by=newsroom.publisher)
    elif when == "leader left":
        disable(newsroom.publisher, newsroom.admin)
    elif when == "deputy left":
        disable(deputy, newsroom.admin)
    refused(waiting, deputy)


def test_only_leaders_themselves_or_a_superuser_name_a_deputy(newsroom, deputy):
    now = timezone.now()
    pair = {"principal": newsroom.publisher, "deputy": deputy, "begins_at": now, "ends_at": now + DAY}
    for by in (deputy, newsroom.reviewer):
        with nothing_changes(), pytest.raises(NotAllowed):
            delegations.delegate(**pair, by=by)
    made = delegations.delegate(**pair, by=newsroom.admin)
    with nothing_changes(), pytest.raises(NotAllowed):
        delegations.revoke_delegation(made, by=newsroom.reviewer)
    delegations.revoke_delegation(made, by=deputy)
    with nothing_changes(), pytest.raises(WrongState):
        delegations.revoke_delegation(made, by=deputy)


def test_nobody_is_their_own_deputy_and_a_period_ends_after_it_begins(newsroom, deputy):
    now = timezone.now()
    for principal, ends in ((deputy, now + DAY), (newsroom.publisher, now - DAY)):
        with nothing_changes(), pytest.raises(ValidationError):
            stand_in(principal, deputy, now, ends)


# What waits for nobody.


def test_when_the_only_approver_leaves_the_round_is_listed_and_published_by_nobody(newsroom, as_user):
    """Scenario 21."""
    waiting = newsroom.reviewed()
    assert stranded() == []
    disable(newsroom.publisher, newsroom.admin)
    assert stranded() == [waiting]
    assert state_of(waiting.article).text == TextState.IN_REVIEW and not waiting.article.publications.exists()
    assert waiting.revision.title in as_user("admin").get("/admin/workflow/round/stranded/").content.decode()
    assert as_user("reviewer").get("/admin/workflow/round/stranded/").status_code == 403


def test_the_history_names_an_approver_who_has_left_and_nobody_who_acted_is_deleted(newsroom):
    """Scenario 21."""
    waiting = newsroom.reviewed()
    disable(newsroom.reviewer, newsroom.admin)
    assert waiting.decisions.get().person_name == newsroom.reviewer.full_name
    with pytest.raises(ProtectedError):
        newsroom.reviewer.delete()
    assert approve(waiting, newsroom.publisher).sign_offs[0]["name"] == newsroom.reviewer.full_name


def test_a_role_that_is_taken_from_its_only_holder_leaves_the_round_listed(newsroom):
    """Scenario 21."""
    waiting = newsroom.submitted()
    departments.revoke_role(Membership.objects.get(person=newsroom.reviewer), by=newsroom.admin)
    assert stranded() == [waiting]


def test_a_step_for_two_people_of_whom_one_is_left_is_listed(newsroom):
    """Scenario 21."""
    rearrange(preset("两级"), newsroom.admin, ("审核", "reviewer", 2), ("签发", "publisher", 1))
    waiting = newsroom.submitted()
    assert [(found.available, found.needed) for found in stranded_rounds()] == [(1, 2)]
    somebody(newsroom, "second", "reviewer")
    assert stranded() == []
    approve(waiting, newsroom.reviewer)
    assert stranded() == []


def test_a_superuser_hands_a_step_to_somebody_who_then_decides_it_and_the_ledger_says_so(newsroom, deputy, as_user):
    """Scenario 21."""
    waiting = newsroom.reviewed()
    disable(newsroom.publisher, newsroom.admin)
    services.hand_over(waiting.current_step(), by=newsroom.admin, to=deputy, reason="出差")
    entry = entries(waiting.article)[-1]
    assert (entry.verb, entry.actor_id, entry.data["to"]) == ("article.handed_over", newsroom.admin.pk, deputy.pk)
    assert stranded() == [] and mine(deputy) == [waiting]
    page = f"/admin/workflow/round/{waiting.pk}/review/"
    assert as_user(deputy).get(page).status_code == 200
    words = seen(waiting, deputy, verdict="approve")
    assert as_user(deputy).post(page, words).status_code == 302
    assert Decision.objects.get(person=deputy).principal == deputy
    assert list(mismatches()) == []


def test_a_step_is_handed_over_by_no_one_but_a_superuser_and_not_to_themselves(newsroom, deputy):
    waiting = newsroom.submitted()
    for name in ("publisher", "reviewer", "drafter", "stranger"):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.hand_over(waiting.current_step(), by=newsroom.people[name], to=deputy)
    with nothing_changes(), pytest.raises(WrongState):
        services.hand_over(waiting.current_step(), by=newsroom.admin, to=newsroom.admin)


def test_a_step_is_not_handed_to_somebody_who_could_not_decide_it(newsroom, deputy):
    """Scenarios 2 and 4."""
    article = newsroom.draft()
    edit(article, newsroom.colleague)
    waiting = newsroom.reviewed(article)
    disable(deputy, newsroom.admin)
    for barred in (newsroom.drafter, newsroom.colleague, newsroom.reviewer, deputy):
        with nothing_changes(), pytest.raises(WrongState):
            services.hand_over(waiting.current_step(), by=newsroom.admin, to=barred)


def test_only_the_step_whose_turn_it_is_is_handed_over(newsroom, deputy):
    waiting = newsroom.submitted()
    for step in (waiting.steps.last(),):
        with nothing_changes(), pytest.raises(WrongState):
            services.hand_over(step, by=newsroom.admin, to=deputy)
    first = waiting.current_step()
    approve(waiting, newsroom.reviewer)
    with nothing_changes(), pytest.raises(WrongState):
        services.hand_over(first, by=newsroom.admin, to=deputy)


def test_a_step_handed_over_in_the_database_is_named(newsroom, deputy):
    waiting = newsroom.submitted()
    waiting.steps.filter(position=1).update(handed_to=deputy)
    assert any("handed over outside the site" in line for line in mismatches())


# Pipelines that change under a round.


@pytest.mark.parametrize(
    "change", ["first step off", "last step off", "last step deleted", "one step left", "pipeline deleted"]
)
def test_a_change_of_the_pipeline_publishes_nothing_and_strands_nothing(newsroom, change):
    """Scenario 20."""
    use(newsroom, "三审三校")
    somebody(newsroom, "second", "second-reviewer")
    waiting = newsroom.submitted()
    approve(waiting, newsroom.reviewer)
    approve(waiting, newsroom.people["second"])
    pipeline = preset("三审三校")
    match change:
        case "first step off":
            pipeline.steps.filter(position=1).update(is_active=False)
        case "last step off":
            pipeline.steps.filter(position=3).update(is_active=False)
        case "last step deleted":
            pipeline.steps.filter(position=3).delete()
        case "one step left":
            pipeline.steps.exclude(position=1).delete()
        case "pipeline deleted":
            use(newsroom, None)
            pipelines.delete_pipeline(pipeline, by=newsroom.admin)
    if change != "pipeline deleted":
        pipelines.record_change(pipeline, by=newsroom.admin, is_new=False)
    assert not waiting.article.publications.exists()
    assert stranded() == [] and mine(newsroom.publisher) == [waiting]
    assert approve(Round.objects.get(pk=waiting.pk), newsroom.publisher)
    assert list(mismatches()) == []


@pytest.mark.parametrize("smaller", [[("审核", "reviewer", 1)], [("审核", "reviewer", 1), ("签发", "publisher", 1)]])
def test_taken_back_and_submitted_again_under_a_smaller_pipeline_somebody_still_signs_off(newsroom, smaller):
    """Scenarios 10 and 20."""
    rearrange(preset("两级"), newsroom.admin, ("审核", "reviewer", 1), ("签发", "publisher", 2))
    waiting = newsroom.reviewed()
    approve(waiting, newsroom.publisher)
    services.take_back(waiting, by=newsroom.drafter)
    rearrange(preset("两级"), newsroom.admin, *smaller)
    again = services.submit(waiting.article, by=newsroom.drafter)
    assert not waiting.article.publications.exists()
    assert again.current_step() is not None and stranded() == []
    signer = newsroom.reviewer if len(smaller) == 1 else newsroom.publisher
    assert mine(signer) == [again]
    assert approve(again, signer)
    assert list(mismatches()) == []


def test_a_superuser_hands_over_from_the_list_of_what_waits_for_nobody(newsroom, deputy, as_user):
    """Scenario 21."""
    waiting = newsroom.reviewed()
    disable(newsroom.publisher, newsroom.admin)
    act = f"/admin/articles/article/{waiting.article_id}/act/hand_over/"
    assert act in as_user("admin").get("/admin/workflow/round/stranded/").content.decode()
    words = {"hand_over-to": deputy.pk, "hand_over-reason": "出差"}
    assert as_user("reviewer").post(act, words).status_code == 403
    assert as_user("admin").post(act, words).status_code == 302
    assert waiting.current_step().handed_to == deputy
    assert act not in as_user("admin").get("/admin/workflow/round/stranded/").content.decode()


def test_the_list_of_what_waits_for_nobody_takes_the_same_queries_however_long_it_is(newsroom):
    """Scenario 47."""
    newsroom.submitted()
    disable(newsroom.reviewer, newsroom.admin)
    with CaptureQueriesContext(connection) as one:
        assert len(stranded()) == 1
    for _ in range(4):
        newsroom.submitted()
    with CaptureQueriesContext(connection) as five:
        assert len(stranded()) == 5
    assert len(five) == len(one)
