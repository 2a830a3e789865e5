"""Unconfirmed accounts: the person who changed an account cannot decide through it.

Until somebody else confirms the account, they could act as that person.

Two people count as one hand while one of them has an open identity change by the other, or both have one by the same
third person. One hand does not write and decide, and does not decide twice in a round.

    check_confirmed(…)      may this person decide, although accounts are unconfirmed; if not, why
    check_two_hands(…)      the same for acts that take a second person
    same_hand(…)            the rule as a condition of SQL, for queues and lists
    confirmers(change)      who may confirm
"""

from collections.abc import Collection
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import IdentityChange, User
from articles.models import Contribution
from database.json_subquery import JSONSubquery, datetime_from_json
from departments.exceptions import NotAllowed
from departments.models import Membership
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from workflow.models import Decision, Round, Step

MAX_CONFIRMERS_NAMED = 3

People = int | Combinable | Collection[int]  # an id, a column of an outer query, or ids


def same_hand(column: str, people: People) -> Q:
    """The condition that `column` holds one of `people`, or somebody who counts as one hand with one of them."""
    inner, innermost = _further_out(people), _further_out(_further_out(people))
    changes = IdentityChange.objects.open()
    made_by_same = changes.filter(_is_among("person", innermost)).values("by")
    return (
        _is_among(column, people)
        | Q(**{f"{column}__in": changes.filter(_is_among("person", inner)).values("by")})
        | Q(**{f"{column}__in": changes.filter(_is_among("by", inner)).values("person")})
        | Q(**{f"{column}__in": changes.filter(by__in=made_by_same).values("person")})
    )


def _is_among(column: str, people: People) -> Q:
    return Q(**{f"{column}__in" if isinstance(people, Collection) else column: people})


def _further_out(people: People) -> People:
    """The same people, seen from one query further in."""
    return OuterRef(people) if isinstance(people, OuterRef) else people


# The same rule over rows in hand, which also checks their seals.


def check_confirmed(person: User, principals: list[User], round: Round) -> User:
    """Return the first of `principals` in whose place the person may decide on the round.

    Keeps what of both accounts is unconfirmed in `round.unconfirmed_then`. One query; none when the round came
    `with_changes` of this person, who decides in their own name. Raises NotAllowed, in words that name what is
    unconfirmed and who may confirm it.
    """
    others = round.contributor_ids() | round.decider_ids()
    # Those of a leader in whose place somebody decides do not come with the round.
    loaded = _loaded_changes(round, person) if principals == [person] else None
    concerned = {person.pk, *(one.pk for one in principals), *others}
    changes = _sealed_changes(concerned, loaded)
    clash = None
    for principal in principals:
        pair = {person.pk, principal.pk}
        clash = find_clash(pair, others, changes)
        if clash is None:
            round.unconfirmed_then = [change.as_data() for change in changes if change.person_id in pair]
            return principal
    raise NotAllowed(_refusal(clash))


def check_two_hands(person: User, others: Collection[int]) -> None:
    """Refuse a person who counts as one hand with one of `others`, of whom the act wants somebody else. One query."""
    if clash := find_clash({person.pk}, others, _sealed_changes({person.pk, *others})):
        raise NotAllowed(_refusal(clash))


def unconfirmed_changes(person: User) -> list[dict[str, str]]:
    """What of the person's account is unconfirmed now, as it stands beside a sign-off. One query."""
    return [change.as_data() for change in _sealed_changes({person.pk})]


# What a row of `with_changes` holds: every column of the change, since its seal covers them.
CHANGE_COLUMNS = tuple(field.attname for field in IdentityChange._meta.concrete_fields)
DATETIME_COLUMNS = ("at", "ends_at", "closed_at")


def with_changes(rounds: QuerySet[Round], person: int) -> QuerySet[Round]:
    """Annotate rounds with `change_rows`: the identity changes of the person, and of those who wrote or decided."""
    writers = Contribution.objects.filter(revision=OuterRef(OuterRef("revision"))).values("person")
    decisions = Decision.objects.filter(round=OuterRef(OuterRef("pk")))
    changes = IdentityChange.objects.filter(
        Q(person=person)
        | Q(person__in=writers)
        | Q(person__in=decisions.values("person"))
        | Q(person__in=decisions.values("principal"))
    )
    return rounds.annotate(
        change_rows=JSONSubquery(changes.order_by("entry"), *CHANGE_COLUMNS), changes_for=Value(person)
    )


def _loaded_changes(round: Round, person: User) -> list[IdentityChange] | None:
    """The changes that came with the round; None when it came without those of this person."""
    if getattr(round, "changes_for", None) != person.pk:
        return None
    return [_change_from_row(row) for row in round.change_rows]


def _change_from_row(row: dict[str, Any]) -> IdentityChange:
    moments = {name: datetime_from_json(row[name]) for name in DATETIME_COLUMNS}
    return IdentityChange(**{**row, **moments, "act": UUID(row["act"])})


def _sealed_changes(people: Collection[int], loaded: list[IdentityChange] | None = None) -> list[IdentityChange]:
    """The open changes of these people. Refuses when a change of any of them is not what was sealed."""
    # Closed ones too, whose closing may be forged.
    changes = list(IdentityChange.objects.filter(person__in=people)) if loaded is None else loaded
    for change in changes:
        if not change.seal_holds():
            raise_alarm(f"account {change.person_id}", gettext_noop("A change of the account is not what was sealed."))
            raise NotAllowed(_("What was done to an account here was changed outside the site. Ask a superuser."))
    return [change for change in changes if change.is_open]


class OpenChange(Protocol):
    """What the rule asks of a change that waits: whose account it is, and who did it."""

    person_id: int
    by_id: int | None


ChangeT = TypeVar("ChangeT", bound=OpenChange)


def find_clash(people: set[int], others: Collection[int], changes: Collection[ChangeT]) -> ChangeT | None:
    """A change that makes one of `people` and one of `others` one hand; None when there is none."""
    behind_others = {change.by_id: change for change in changes if change.person_id in others}
    for change in changes:
        if change.person_id in people and (change.by_id in others or change.by_id in behind_others):
            return change
    return next((change for by, change in behind_others.items() if by in people), None)


def _refusal(change: IdentityChange) -> str:
    names = list(confirmers(change).order_by("full_name").values_list("full_name", flat=True)[:MAX_CONFIRMERS_NAMED])
    facts = {"person": change.person.full_name, "change": change.label, "names": _("、").join(names)}
    said = _(
        "%(person)s: %(change)s, and nobody has confirmed it yet. Whoever did this had a part in this text, or stands "
        "behind somebody who had, so that one person could write and decide."
    )
    if names:
        who = _("It can be confirmed by: %(names)s.")
    else:
        who = _("Nobody can confirm it: that takes a second superuser, or somebody who already decides there.")
    return _("%(said)s %(who)s") % {"said": said % facts, "who": who % facts}


# Who may confirm.


def deciding_memberships() -> QuerySet[Membership]:
    """Those whose role some step of a pipeline is decided by."""
    return Membership.objects.filter(role__in=Step.objects.filter(is_active=True).values("role"))


def confirmers(change: IdentityChange) -> QuerySet[User]:
    """Who may confirm a change: another superuser, who already decides in a department of the person, and the leader
    whose deputy the person was made.

    Never who did it, the person, or somebody whose own account waits for confirmation.
    """
    waiting = IdentityChange.objects.open().exclude(by=F("person"))
    others = User.objects.filter(is_active=True).exclude(pk__in={change.by_id, change.person_id})
    may = Q(is_superuser=True) | Q(pk__in=_deciders_beside(change.person_id).values("person"))
    if change.verb == "delegation.granted":
        may |= Q(pk__in=_principal_ids(change))
    return others.filter(may).exclude(pk__in=waiting.values("person"))


def may_object(person: User, change: IdentityChange) -> bool:
    """Return whether the person is the one it was done to, a superuser, or one of those who may confirm."""
    if person.pk == change.person_id or (person.is_active and person.is_superuser):
        return True
    return confirmers(change).filter(pk=person.pk).exists()


def _deciders_beside(person: int) -> QuerySet[Membership]:
    """Deciding memberships in the departments where the person has a role; anywhere, when that is the whole site."""
    related = ("department__parent", "department__responsible")
    held = list(Membership.objects.filter(person=person).select_related(*related))
    if not held or any(membership.department is None for membership in held):
        return deciding_memberships()
    departments: set[int] = set()
    for membership in held:
        departments |= membership.department.reaching_department_ids()
    return deciding_memberships().filter(Q(department=None) | Q(department__in=departments))


def _principal_ids(change: IdentityChange) -> list[int]:
    entries = Entry.objects.filter(number=change.entry).values_list("data", flat=True)
    return [data["principal"] for data in entries if "principal" in data]
