"""Delegation 授权 (A/B 角), and what to do when a step waits for nobody."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from departments.exceptions import NotAllowed, WrongState
from departments.models import Membership
from ledger import verbs
from ledger.record import record
from workflow.models import Delegation, Round, RoundStep

verbs.register_verbs(
    "delegation",
    gettext_lazy("Delegations"),
    {
        "delegation.granted": gettext_lazy("named a deputy"),
        "delegation.revoked": gettext_lazy("revoked the delegation"),
    },
)


@transaction.atomic
def delegate(*, principal: User, deputy: User, begins_at: datetime, ends_at: datetime, by: User) -> Delegation:
    """A leader names a deputy for a period; a superuser may do it for them. Recorded.

    Raises NotAllowed for anybody else, ValidationError for a period or a pair that makes no sense.
    """
    if by != principal and not by.is_superuser:
        raise NotAllowed(_("Only leaders themselves, or a superuser, name their deputy."))
    delegation = Delegation(principal=principal, deputy=deputy, begins_at=begins_at, ends_at=ends_at)
    delegation.full_clean()
    delegation.save()
    record("delegation.granted", delegation, by=by, **delegation_ledger_data(delegation))
    return delegation


@transaction.atomic
def revoke_delegation(delegation: Delegation, *, by: User) -> None:
    """Ends a delegation now. Decisions already made under it stand."""
    if by.pk not in (delegation.principal_id, delegation.deputy_id) and not by.is_superuser:
        raise NotAllowed(_("Only those whom it concerns, or a superuser, revoke a delegation."))
    if Delegation.objects.filter(pk=delegation.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
        raise WrongState(_("This delegation has been revoked already."))
    record("delegation.revoked", delegation, by=by, **delegation_ledger_data(delegation))


def delegation_ledger_data(delegation: Delegation) -> dict:
    return {
        "principal": delegation.principal_id,
        "principal_name": delegation.principal.full_name,
        "deputy": delegation.deputy_id,
        "deputy_name": delegation.deputy.full_name,
        "begins_at": delegation.begins_at,
        "ends_at": delegation.ends_at,
    }


@dataclass(frozen=True)
class StrandedRound:
    """A round whose present step lacks people: `available` could still decide, `needed` more must."""

    round: Round
    step: RoundStep
    available: int
    needed: int


def eligible_deciders(step: RoundStep) -> QuerySet[User]:
    """The people who could decide the step now, themselves or as somebody's deputy.

    `decided` of the step must be counted. A query more for hands and one for decisions, unless the round came with its
    rows (RoundQuerySet.with_rows).
    """
    opened = step.round
    untouched = step.position == 1 and step.decision_count == 0  # nobody has decided in this round
    barred = opened.contributor_ids() | (set() if untouched else opened.decider_ids())
    holders = Membership.objects.filter(role=step.role_id, person__is_active=True)
    holders = holders.reaching(opened.article.department).values("person")
    delegations = Delegation.objects.current().filter(principal__in=holders).exclude(principal__in=barred)
    entitled = Q(pk__in=holders) | Q(pk__in=delegations.values("deputy"))
    if step.handed_to_id:
        entitled |= Q(pk=step.handed_to_id)
    return User.objects.filter(entitled, is_active=True).exclude(pk__in=barred)


def eligible_decider_ids(step: RoundStep) -> set[int]:
    """Ids of those people."""
    return set(eligible_deciders(step).values_list("pk", flat=True))


def stranded_rounds() -> list[StrandedRound]:
    """Open rounds that wait for nobody (无人可审), oldest first."""
    house, found = DeciderIndex(), []
    for opened in Round.objects.open().with_related_rows_and_article().defer("revision__body"):
        step = opened.current_step()
        needed = step.people - opened.decision_count(step)
        available = len(house.eligible_decider_ids(step))
        if available < needed:
            found.append(StrandedRound(opened, step, available, needed))
    return sorted(found, key=lambda stranded: stranded.step.reached_at)


class DeciderIndex:
    """Everybody's roles and deputies at once, to answer `able` for many steps. Three queries."""

    def __init__(self) -> None:
        self.active_person_ids = set(User.objects.filter(is_active=True).values_list("pk", flat=True))
        self.role_holders: dict[int, list[tuple[int, int | None]]] = {}  # role → (person, department or None for all)
        for role, person, department in Membership.objects.values_list("role", "person", "department"):
            self.role_holders.setdefault(role, []).append((person, department))
        self.deputies = list(Delegation.objects.current().values_list("principal", "deputy"))

    def eligible_decider_ids(self, step: RoundStep) -> set[int]:
        """As the function `able` has them. `step`: of a round that came in full."""
        opened = step.round
        barred, seats = (
            opened.contributor_ids() | opened.decider_ids(),
            opened.article.department.reaching_department_ids(),
        )
        holders = {
            person
            for person, department in self.role_holders.get(step.role_id, [])
            if person in self.active_person_ids and (department is None or department in seats)
        }
        standing_in = {deputy for principal, deputy in self.deputies if principal in holders - barred}
        return (holders | standing_in | {step.handed_to_id}) & self.active_person_ids - barred
