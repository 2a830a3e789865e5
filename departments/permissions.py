"""Permissions: every question of who may do what.

`check_…` raises NotAllowed with the reason; its `can_…` twin answers for templates and lists. *When* something
may happen (states, rounds) is workflow's business; what must be known of the text is handed in as plain facts.
"""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from departments.authority import check_seals, checked_memberships
from departments.exceptions import NotAllowed
from departments.models import Department, Membership, Role


def _as_predicate(check: Callable[..., None]) -> Callable[..., bool]:
    @wraps(check)
    def can(*args: Any, **kwargs: Any) -> bool:
        try:
            check(*args, **kwargs)
        except NotAllowed:
            return False
        return True

    return can


def role_ids_in(person: User, department: Department) -> set[int]:
    """Ids of the roles that the person has in the department, however they reach it. One query.

    Rows that were changed outside the site do not count.
    """
    return {held.role_id for held in checked_memberships(Membership.objects.held_by(person).reaching(department))}


def check_signed_in(person: User) -> None:
    if not (person.is_authenticated and person.is_active):
        raise NotAllowed(_("Sign in first."))
    check_seals(person)


def check_superuser(person: User) -> None:
    check_signed_in(person)
    if not person.is_superuser:
        raise NotAllowed(_("Only a superuser may do this."))


def check_draft(person: User, department: Department) -> None:
    """Write, edit and submit articles of the department."""
    check_signed_in(person)
    if person.is_superuser:
        return
    reaching = Membership.objects.held_by(person).reaching(department)
    if not checked_memberships(reaching.filter(role__may_draft=True)):
        raise NotAllowed(_("You do not write for %(department)s.") % {"department": department})


def check_draft_somewhere(person: User) -> None:
    """Write for any department at all."""
    if not departments_to_draft_in(person).exists():
        raise NotAllowed(_("You do not write for any department. Ask a superuser for the role."))


def check_see(person: User, department: Department) -> None:
    """See unpublished articles of the department: everyone with any role that reaches it."""
    check_signed_in(person)
    if person.is_superuser:
        return
    if not role_ids_in(person, department):
        raise NotAllowed(_("You have no role in %(department)s.") % {"department": department})


def check_take_back(
    person: User, department: Department, *, submitter_id: int, contributor_ids: Collection[int]
) -> None:
    """Take back a submission: allowed to the people who submitted it or wrote in it."""
    check_draft(person, department)
    if person.pk != submitter_id and person.pk not in contributor_ids:
        raise NotAllowed(_("Only those who wrote or submitted this text can take it back."))


def check_hold_role(person: User, department: Department, role: Role) -> None:
    check_signed_in(person)
    if not checked_memberships(Membership.objects.held_by(person).reaching(department).filter(role=role)):
        raise NotAllowed(
            _("This step is decided by “%(role)s” of %(department)s.") % {"role": role, "department": department}
        )


def check_signer(person: User, department: Department, signing_role_ids: Collection[int]) -> None:
    """Take words away from the public. `signing_role_ids`: the roles that sign off in the department."""
    check_signed_in(person)
    if not person.is_superuser and not role_ids_in(person, department) & set(signing_role_ids):
        raise NotAllowed(_("Only those who sign off for %(department)s can do this.") % {"department": department})


def check_answer_letters(person: User, department: Department | None) -> None:
    """Read and answer letters of visitors: about an article, everyone with any role in its department; about none
    (None), everyone with a role on the whole site."""
    check_signed_in(person)
    if person.is_superuser:
        return
    if department:
        check_see(person, department)
    elif not checked_memberships(Membership.objects.held_by(person).filter(department=None)):
        raise NotAllowed(_("Letters about no article are for those with a role on the whole site."))


def check_not_participant(person: User, participant_ids: Collection[int]) -> None:
    """Confirm what somebody else did alone. `participant_ids`: everybody who had a part in it."""
    if person.pk in participant_ids:
        raise NotAllowed(_("You had a part in this, so somebody else must confirm it."))


can_draft = _as_predicate(check_draft)
can_see = _as_predicate(check_see)
can_hold_role = _as_predicate(check_hold_role)
can_answer_letters = _as_predicate(check_answer_letters)


def departments_to_draft_in(person: User) -> Any:
    """Departments and columns that the person may write for, as a queryset."""
    everything = Department.objects.holding_articles()
    if person.is_superuser:
        return everything
    return everything.reached_by(Membership.objects.held_by(person).filter(role__may_draft=True))


def drafters_of(department: Department) -> Any:
    """Active people with a role that writes for the department, by name, as a queryset."""
    writing = Membership.objects.reaching(department).filter(role__may_draft=True)
    return User.objects.filter(is_active=True, pk__in=writing.values("person")).order_by("full_name", "pk")


def departments_to_see(person: User) -> Any:
    """Departments and columns whose unpublished articles the person may see, as a queryset."""
    everything = Department.objects.holding_articles()
    if person.is_superuser:
        return everything
    return everything.reached_by(Membership.objects.held_by(person))
