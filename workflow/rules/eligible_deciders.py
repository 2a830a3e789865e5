"""Who may decide the current step of an open round. `_may_decide` states the rule.

    check_decide(person, round)    may this person decide, in whose place, and if not, why
    rounds_awaiting(person)        the queue of one person
    eligible_deciders(step)        the people of one step
    waiting_steps_with_deciders(…), stranded_rounds()    the people of many steps

The rule combines four conditions: a person holds the role of the step where the article is; a superuser handed the
step to them; they are free (they had no hand in the text and decided nothing in this round, nor did somebody who may
act through their account: workflow.rules.unconfirmed); they stand in for a leader. Two classes translate these into
SQL, because the queries start at different ends. `_StepConditions` knows the person and filters steps: it reads that
person's roles once. `_PersonConditions` knows the step and filters people.
One class for both was measured with 5,000 open rounds on PostgreSQL: the queue then looks up roles once for each open
round, and counting it takes 280 ms instead of 10 ms.

`check_decide` asks the same conditions one after the other, to say which one fails. The database refuses a decision
by somebody with a hand in the text once more (workflow/guards.py).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Contribution
from database.json_subquery import JSONSubquery
from database.row_count import RowCount
from departments import permissions
from departments.authority import check_current, check_person, checked_memberships, newest_seal
from departments.exceptions import NotAllowed, WrongState
from departments.models import Department, Membership
from workflow.models import Decision, Delegation, Round, RoundStep
from workflow.models.round import RoundQuerySet
from workflow.rules.unconfirmed import check_confirmed, same_hand

NOBODY = Q(pk__in=[])
PersonOrColumn = int | Combinable  # an id, or a column of an outer query


def _may_decide(conditions: "_StepConditions | _PersonConditions", person: Any) -> Q:
    """The rule. `person`: an id or the name of a column, as the conditions take it."""
    in_own_name = conditions.holds_role(person) | conditions.was_handed(person)
    as_deputy = conditions.stands_in_for(
        person, lambda leader: conditions.holds_role(leader) & conditions.is_free(leader)
    )
    return (in_own_name | as_deputy) & conditions.is_free(person)


def _is_free(person: PersonOrColumn, round: Combinable, revision: Combinable) -> Q:
    """The person had no hand in the text and decided nothing in the round, in their own name or through a deputy.

    Nor did somebody who counts as one hand with them (workflow.rules.unconfirmed).
    """
    hands = Contribution.objects.filter(same_hand("person", person), revision=revision)
    decisions = Decision.objects.filter(same_hand("person", person) | same_hand("principal", person), round=round)
    return ~Exists(hands) & ~Exists(decisions)


# One person, many steps.


class _StepConditions:
    """Conditions on rows of RoundStep. One query reads the roles of the person and of the leaders they stand in for."""

    def __init__(self, person: User) -> None:
        self.grants: dict[int, dict[int, set[int | None]]] = {}  # person → role → departments, None for the whole site
        leaders = Delegation.objects.current().filter(deputy=person).values("principal")
        memberships = Membership.objects.filter(Q(person=person) | Q(person__in=leaders), person__is_active=True)
        for holder, role, department in memberships.values_list("person", "role", "department"):
            self.grants.setdefault(holder, {}).setdefault(role, set()).add(department)
        self.leader_ids = set(self.grants) - {person.pk}

    def holds_role(self, person: int) -> Q:
        condition = NOBODY
        for role, departments in self.grants.get(person, {}).items():
            if None in departments:
                condition |= Q(role=role)
            else:
                reached = Department.objects.reached_from(departments).values("pk")
                condition |= Q(role=role, round__article__department__in=reached)
        return condition

    def was_handed(self, person: int) -> Q:
        return Q(handed_to=person)

    def is_free(self, person: int) -> Q:
        return _is_free(person, OuterRef("round"), OuterRef("round__revision"))

    def stands_in_for(self, _person: int, leader_condition: Callable[[int], Q]) -> Q:
        condition = NOBODY
        for leader in self.leader_ids:
            condition |= leader_condition(leader)
        return condition


def rounds_awaiting(person: User) -> RoundQuerySet:
    """Open rounds whose current step the person may decide, oldest first. One query now, and one when it is read."""
    if not person.is_active:
        return Round.objects.none()
    steps = RoundStep.objects.waiting().filter(_may_decide(_StepConditions(person), person.pk))
    return Round.objects.filter(pk__in=steps.values("round")).order_by("submitted_at", "pk")


# One step, or each step of an outer query; many people.

_active_memberships = Membership.objects.filter(person__is_active=True)


class _LoadedStep:
    """A step in hand: the conditions get values."""

    def __init__(self, step: RoundStep) -> None:
        self.step = step

    @cached_property
    def barred_ids(self) -> set[int]:
        """Ids of those who are not free. Costs up to two queries unless the round came with its rows."""
        is_first_decision = self.step.position == 1 and self.step.decision_count == 0
        return self.step.round.contributor_ids() | (set() if is_first_decision else self.step.round.decider_ids())

    def holders(self, _depth: int = 0) -> QuerySet[Membership]:
        return _active_memberships.reaching(self.step.round.article.department).filter(role=self.step.role_id)

    def handed_to(self) -> int | None:
        return self.step.handed_to_id

    def is_free(self, person: str, _depth: int) -> Q:
        return ~same_hand(person, self.barred_ids)


class _OuterStep:
    """The step of an outer query over RoundStep: the conditions get its columns. `depth`: how many queries out."""

    def holders(self, depth: int) -> QuerySet[Membership]:
        reaching = _active_memberships.reaching_column(lambda path: _outer(path, depth), "round__article__department")
        return reaching.filter(role=_outer("role", depth))

    def handed_to(self) -> OuterRef:
        return OuterRef("handed_to")

    def is_free(self, person: str, depth: int) -> Q:
        return _is_free(OuterRef(person), _outer("round", depth + 1), _outer("round__revision", depth + 1))


def _outer(path: str, depth: int) -> Combinable:
    reference = OuterRef(path)
    for _level in range(depth - 1):
        reference = OuterRef(reference)
    return reference


class _PersonConditions:
    """Conditions on rows of User, where a person is "pk", and of Delegation, where the leader is "principal"."""

    depths = {"pk": 1, "principal": 2}  # from such a row to the step

    def __init__(self, step: _LoadedStep | _OuterStep) -> None:
        self.step = step

    def holds_role(self, person: str) -> Q:
        holders = self.step.holders(self.depths[person] + 1)
        return Q(**{f"{person}__in": holders.values("person")})

    def was_handed(self, person: str) -> Q:
        handed_to = self.step.handed_to()
        return NOBODY if handed_to is None else Q(**{person: handed_to})

    def is_free(self, person: str) -> Q:
        return self.step.is_free(person, self.depths[person])

    def stands_in_for(self, person: str, leader_condition: Callable[[str], Q]) -> Q:
        delegations = Delegation.objects.current().filter(leader_condition("principal"))
        return Q(**{f"{person}__in": delegations.values("deputy")})


def _people(step: _LoadedStep | _OuterStep) -> QuerySet[User]:
    return User.objects.filter(_may_decide(_PersonConditions(step), "pk"), is_active=True)


def eligible_deciders(step: RoundStep) -> QuerySet[User]:
    """The people who may decide the step now. `step.decision_count` saves a query for decisions where it is 0."""
    return _people(_LoadedStep(step))


def eligible_decider_ids(step: RoundStep) -> set[int]:
    return set(eligible_deciders(step).values_list("pk", flat=True))


def waiting_steps_with_deciders(article_ids: Collection[int]) -> QuerySet[RoundStep]:
    """The steps that these articles wait at, each with `decider_rows`: [{"full_name": …}] of its people. One query."""
    steps = RoundStep.objects.waiting().filter(round__article__in=article_ids).select_related("round")
    return steps.annotate(decider_rows=JSONSubquery(_people(_OuterStep()).order_by("full_name"), "full_name"))


@dataclass(frozen=True)
class StrandedRound:
    """A round whose current step lacks people: `available` may decide, `needed` must."""

    round: Round
    step: RoundStep
    available: int
    needed: int


def stranded_steps() -> QuerySet[RoundStep]:
    """Steps for which too few people are left (无人可审), longest waiting first, with `available` and `needed`."""
    decided = RowCount(Decision.objects.filter(step=OuterRef("pk")))
    steps = RoundStep.objects.waiting().annotate(
        available=RowCount(_people(_OuterStep())), needed=F("people") - decided
    )
    return steps.filter(available__lt=F("needed")).order_by("reached_at", "pk")


def stranded_rounds() -> list[StrandedRound]:
    """The rounds of those steps. One query."""
    related = ("round__revision", "round__article__department__parent", "round__article__department__responsible")
    steps = stranded_steps().select_related(*related).defer("round__revision__body")
    return [StrandedRound(step.round, step, step.available, step.needed) for step in steps]


# One person, one round.


def check_decide(person: User, round: Round) -> User:
    """Return in whose place the person may decide the current step: their own, or a leader's.

    Superusers need the role like everybody else. Three queries at most when the round came with its rows, unless a
    deputy asks. Raises NotAllowed (TamperedRow when authority was forged outside the site), and WrongState when
    somebody else took the decision that was theirs.
    """
    step = round.current_step()
    if step is None:
        raise WrongState(_("Every step has been decided."))
    try:
        return _find_principal(person, round, step)
    except NotAllowed:
        _check_not_overtaken(person, round, step)
        raise


def _find_principal(person: User, round: Round, step: RoundStep) -> User:
    permissions.check_signed_in(person)
    leaders = _entitled(person, step)
    if not leaders:
        permissions.check_hold_role(person, round.article.department, step.role)
    contributors, deciders = round.contributor_ids(), round.decider_ids()
    if person.pk in contributors:
        raise NotAllowed(_("You had a hand in this text, so somebody else must decide on it."))
    if person.pk in deciders:
        raise NotAllowed(_("You have already decided in this round; each step needs another person."))
    free = [leader for leader in leaders if leader.pk not in contributors | deciders]
    if not free:
        raise NotAllowed(_("The leader in whose place you stand had a hand in this text, or has decided already."))
    return check_confirmed(person, free, round)


def _entitled(person: User, step: RoundStep) -> list[User]:
    """In whose place the person may decide as long as both are free.

    Raises TamperedRow if that hangs on a row that is not as the site sealed it last.
    """
    holders = _LoadedStep(step).holders()
    if person.pk == step.handed_to_id:
        check_person(person)
        return [person]
    if checked_memberships(holders.filter(person=person)):
        return [person]
    delegations = Delegation.objects.current().filter(deputy=person, principal__in=holders.values("person"))
    delegations = list(
        delegations.select_related("principal").annotate(newest=newest_seal("workflow.delegation", "pk"))
    )
    for delegation in delegations:
        check_current(delegation, delegation.newest)
    if not delegations:
        return []
    check_person(person)
    leaders = checked_memberships(holders.filter(person__in=[found.principal_id for found in delegations]))
    entitled = {membership.person_id for membership in leaders}
    return [found.principal for found in delegations if found.principal_id in entitled]


def _check_not_overtaken(person: User, round: Round, step: RoundStep) -> None:
    """Raises WrongState, naming who decided, for somebody whose own step has been passed and whose turn this is not."""
    department = round.article.department
    if permissions.can_hold_role(person, department, step.role):
        return
    for decision in round.decisions.filter(step__passed_at__isnull=False).select_related("step__role"):
        if permissions.can_hold_role(person, department, decision.step.role):
            facts = {"step": decision.step.name, "name": decision.person_name}
            raise WrongState(_("“%(step)s” has been decided already (%(name)s).") % facts)
