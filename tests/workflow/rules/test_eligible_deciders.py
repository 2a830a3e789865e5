"""The three answers to "who may decide" agree: of a person, of the queue, and of the people of a step."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from articles.models import Contribution
from departments.exceptions import NotAllowed, WrongState
from departments.models import Department, Membership, Role
from tests.factories import Newsroom, department, person
from workflow.models import Decision, Delegation, Round, RoundStep, Step
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


class Scene:
    """A newsroom whose round gets roles, delegations and decisions as rows, whether the services would or not."""

    def __init__(self) -> None:
        self.newsroom = Newsroom.open()
        Membership.objects.filter(role__code__in=ROLES).delete()
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
        Membership.objects.create(person=newsroom.drafter, role=self.roles["drafter"], department=None)
        article = newsroom.draft()
        for number in facts["contributors"]:
            author = self.people[number]
            Contribution.objects.create(revision=article.active_draft(), person=author, person_name=author.full_name)
        Step.objects.update(people=facts["needed"])
        waiting = newsroom.submitted(article)
        first = waiting.steps.get(position=1)
        if facts["decision"]:
            self.decide(waiting, first, *(self.people[number] for number in facts["decision"]))
            waiting.steps.filter(pk=first.pk).update(passed_at=now)
            waiting.steps.filter(position=2).update(reached_at=now)
        handed_to = None if facts["handed_to"] is None else self.people[facts["handed_to"]]
        RoundStep.objects.waiting().update(handed_to=handed_to)
        for number, role, place in facts["grants"]:
            Membership.objects.create(person=self.people[number], role=self.roles[role], department=self.places[place])
        for principal, deputy, when in facts["delegations"]:
            if principal != deputy:
                Delegation.objects.create(
                    principal=self.people[principal],
                    deputy=self.people[deputy],
                    begins_at=now - timedelta(days=2),
                    ends_at=now + timedelta(days=-1 if when == "over" else 1),
                    revoked_at=now if when == "revoked" else None,
                )
        User.objects.filter(pk__in=[self.people[number].pk for number in facts["inactive"]]).update(is_active=False)
        return waiting

    def decide(self, waiting: Round, step: RoundStep, by: User, principal: User) -> None:
        authors = waiting.contributor_ids()
        if by.pk not in authors and principal.pk not in authors:
            names = {"person_name": by.full_name, "principal_name": principal.full_name}
            digest = waiting.revision.digest
            Decision.objects.create(
                round=waiting, step=step, person=by, principal=principal, verdict="approve", digest=digest, **names
            )


def may_decide(by: User, waiting: Round) -> bool:
    try:
        principal = check_decide(by, waiting)
    except (NotAllowed, WrongState):
        return False
    return principal.pk not in waiting.contributor_ids() | waiting.decider_ids()


@pytest.fixture
def scene(db):
    return Scene()


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
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
