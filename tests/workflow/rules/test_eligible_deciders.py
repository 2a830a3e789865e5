"""The three answers to "who may decide" agree: of a person, of the queue, and of the people of a step."""

import os
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.services import change_user
from articles import drafts
from departments.exceptions import NotAllowed, WrongState
from departments.models import Department, Membership, Role
from departments.services import grant_role, revoke_role
from tests.factories import Newsroom, department, person
from workflow.actions import delegations
from workflow.actions.pipelines import record_change
from workflow.models import Decision, Pipeline, Round, RoundStep, Step
from workflow.rules.eligible_deciders import (
    check_decide,
    eligible_decider_ids,
    rounds_awaiting,
    stranded_rounds,
    waiting_steps_with_deciders,
)

pytestmark = pytest.mark.django_db

PEOPLE = range(5)
PLACES = ["department", "parent", "column", "elsewhere", None]  # None: the whole site
ROLES = ["reviewer", "publisher"]
ANYBODY = st.sampled_from(PEOPLE)
SITUATIONS = st.fixed_dictionaries(
    {
        "place": st.sampled_from([place for place in PLACES if place]),
        "grants": st.sets(st.tuples(ANYBODY, st.sampled_from(ROLES), st.sampled_from(PLACES)), max_size=8),
        "delegations": st.sets(
            st.tuples(ANYBODY, ANYBODY, st.sampled_from(["now", "now", "over", "revoked"])), max_size=5
        ),
        "inactive": st.sets(ANYBODY, max_size=1),
        "contributors": st.sets(ANYBODY, max_size=2),
        "decision": st.none() | st.tuples(ANYBODY, ANYBODY),  # of the first step: person, principal
        "handed_to": st.none() | ANYBODY,
        "needed": st.integers(1, 3),
    }
)

EXAMPLES = 2 * int(os.environ.get("MACHINE_EXAMPLES", "104")) // 5  # 6 in bin/test, 41 in bin/test --all


class Scene:
    """A newsroom whose round gets roles, delegations and decisions as rows, whether the services would or not."""

    def __init__(self) -> None:
        self.newsroom = Newsroom.open()
        for membership in Membership.objects.filter(role__code__in=ROLES):
            revoke_role(membership, by=None)
        admin = self.newsroom.admin
        parent = department("上级", admin)
        child = department("下级", admin, parent=parent)
        column = department("公告栏", admin, kind="column", responsible=child)
        self.places: dict[str | None, Department | None] = {
            "department": child,
            "parent": parent,
            "column": column,
            "elsewhere": self.newsroom.elsewhere,
            None: None,
        }
        self.people = [person(f"p{number}") for number in PEOPLE]
        self.roles = {role.code: role for role in Role.objects.all()}

    def stage(self, facts: dict) -> Round:
        newsroom, now = self.newsroom, timezone.now()
        newsroom.department = self.places[facts["place"]]
        grant_role(person=newsroom.drafter, role=self.roles["drafter"], department=None, by=None)
        article = newsroom.draft()
        for number in facts["contributors"]:
            author = self.people[number]
            drafts.add_contributor(article.active_draft(), author)
        drafts.seal_draft(article.active_draft())
        Step.objects.update(people=facts["needed"])
        for pipeline in Pipeline.objects.all():
            record_change(pipeline, by=newsroom.admin, is_new=False)
        waiting = newsroom.submitted(article)
        first = waiting.steps.get(position=1)
        if facts["decision"]:
            self.decide(waiting, first, *(self.people[number] for number in facts["decision"]))
            first.update_sealed(passed_at=now)
            waiting.steps.get(position=2).update_sealed(reached_at=now)
        handed_to = None if facts["handed_to"] is None else self.people[facts["handed_to"]]
        for step in RoundStep.objects.waiting():
            step.update_sealed(handed_to=handed_to)
        for number, role, place in facts["grants"]:
            grant_role(person=self.people[number], role=self.roles[role], department=self.places[place], by=None)
        for principal, deputy, when in facts["delegations"]:
            if principal != deputy:
                leader = self.people[principal]
                made = delegations.delegate(
                    principal=leader,
                    deputy=self.people[deputy],
                    begins_at=now - timedelta(days=2),
                    ends_at=now + timedelta(days=-1 if when == "over" else 1),
                    by=leader,
                )
                if when == "revoked":
                    delegations.revoke_delegation(made, by=leader)
        for number in facts["inactive"]:
            self.people[number].is_active = False
            change_user(self.people[number], by=None)
        return waiting

    def decide(self, waiting: Round, step: RoundStep, by: User, principal: User) -> None:
        authors = waiting.contributor_ids()
        if by.pk not in authors and principal.pk not in authors:
            names = {"person_name": by.full_name, "principal_name": principal.full_name}
            digest = waiting.revision.digest
            decision = Decision(
                round=waiting, step=step, person=by, principal=principal, verdict="approve", digest=digest, **names
            )
            decision.apply_seal()
            decision.save()


def may_decide(by: User, waiting: Round) -> bool:
    try:
        principal = check_decide(by, waiting)
    except (NotAllowed, WrongState):
        return False
    return principal.pk not in waiting.contributor_ids() | waiting.decider_ids()


@pytest.fixture
def scene(db):
    return Scene()


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(facts=SITUATIONS)
def test_person_queue_and_people_agree_on_who_may_decide(scene, facts):
    with transaction.atomic():
        round = scene.stage(facts)
        waiting = Round.objects.with_related_rows_and_article().get(pk=round.pk)
        everybody = list(User.objects.all())
        able = {by.pk for by in everybody if may_decide(by, waiting)}
        assert able == {by.pk for by in everybody if waiting in rounds_awaiting(by)}
        assert able == eligible_decider_ids(waiting.current_step())
        shown = waiting_steps_with_deciders([waiting.article_id]).get()
        names = sorted(by.full_name for by in everybody if by.pk in able)
        assert sorted(row["full_name"] for row in shown.decider_rows) == names
        step = waiting.current_step()
        is_stranded = len(able) < step.people - waiting.decision_count(step)
        assert [(found.round, found.available) for found in stranded_rounds()] == (
            [(waiting, len(able))] if is_stranded else []
        )
        transaction.set_rollback(True)


def test_a_leader_who_decided_for_somebody_else_does_not_decide_again_through_a_deputy(scene):
    facts = {
        "place": "department",
        "grants": {(1, "publisher", "department")},
        "delegations": {(1, 2, "now")},
        "inactive": set(),
        "contributors": set(),
        "decision": (1, 0),
        "handed_to": None,
        "needed": 1,
    }
    waiting = scene.stage(facts)
    deputy = scene.people[2]
    with pytest.raises(NotAllowed):
        check_decide(deputy, waiting)
    assert not rounds_awaiting(deputy).exists()


def test_the_queue_takes_two_queries_whatever_roles_and_leaders_somebody_has(scene):
    facts = {
        "place": "department",
        "grants": {
            (0, "reviewer", None),
            (0, "publisher", "parent"),
            (1, "reviewer", "column"),
            (2, "publisher", None),
        },
        "delegations": {(1, 0, "now"), (2, 0, "now")},
        "inactive": set(),
        "contributors": set(),
        "decision": None,
        "handed_to": None,
        "needed": 1,
    }
    waiting = scene.stage(facts)
    with CaptureQueriesContext(connection) as queries:
        assert list(rounds_awaiting(scene.people[0])) == [waiting]
    assert len(queries) == 2
