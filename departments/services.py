"""Services on departments, roles and memberships. Each writes to the ledger."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identity_changes import check_changes_people, note_change
from accounts.models import User
from accounts.services import void_changes
from departments.models import Department, FormerSlug, Membership, Role
from ledger import verbs
from ledger.record import record
from ledger.resealing import check_typed_values, last_trustworthy_entry

verbs.register_verbs(
    "department",
    gettext_lazy("Departments"),
    {
        "department.created": gettext_lazy("made the department"),
        "department.changed": gettext_lazy("changed the department"),
        "department.deleted": gettext_lazy("deleted the department"),
    },
)
verbs.register_verbs(
    "role",
    gettext_lazy("Roles"),
    {
        "role.created": gettext_lazy("made the role"),
        "role.changed": gettext_lazy("changed the role"),
        "role.granted": gettext_lazy("granted a role"),
        "role.revoked": gettext_lazy("revoked a role"),
    },
)


DEPARTMENT_VERBS = ("department.created", "department.changed")


@transaction.atomic
def save_department(department: Department, *, by: User | None) -> None:
    """Checks, saves and seals a department. Raises ValidationError, and ResealRefused (ledger.resealing)."""
    department.full_clean()
    verb = "department.changed" if department.pk else "department.created"
    stored = Department.objects.filter(pk=department.pk).first()
    if stored:
        entry = last_trustworthy_entry(stored, DEPARTMENT_VERBS)
        check_typed_values(f"department {stored.pk}", department, stored.manifest(), entry and entry.data)
    former = stored.slug if stored else None
    department.save()
    department.apply_seal()
    department.save(update_fields=["seal_key", "seal_signature"])
    if former and former != department.slug:
        left = FormerSlug(slug=former, department=department)
        left.apply_seal()
        sealed = {"department": department, "seal_key": left.seal_key, "seal_signature": left.seal_signature}
        FormerSlug.objects.update_or_create(slug=former, defaults=sealed)
    record(verb, department, by=by, **department.manifest())


@transaction.atomic
def delete_department(department: Department, *, by: User) -> None:
    """Deletes a department that nothing belongs to; Django raises ProtectedError otherwise."""
    record("department.deleted", department, by=by, name=department.name)
    department.delete()


@transaction.atomic
def save_role(role: Role, *, by: User | None) -> None:
    """Save and seal a role. Raise ValidationError if its code changed, BrokenSeal if somebody changed it with SQL."""
    verb = "role.created"
    if role.pk:
        verb = "role.changed"
        stored = Role.objects.get(pk=role.pk)
        stored.check_seal()
        if stored.code != role.code:
            raise ValidationError({"code": _("The code of a role cannot be changed.")})
    role.apply_seal()
    role.save()
    record(verb, role, by=by, **role.manifest())


@transaction.atomic
def grant_role(
    *, person: User, role: Role, department: Department | None, by: User | None, act: uuid.UUID | None = None
) -> Membership:
    """Give a role to a person in a department (None: the whole site), and tell those concerned.

    `act`: of several changes that are told together (accounts.identity_changes). Raises ValidationError when they have
    the role or somebody with a role has their name, PermissionDenied when the account of `by` waits for confirmation.
    """
    check_changes_people(by)
    membership = Membership(person=person, role=role, department=department)
    membership.full_clean()
    membership.apply_seal()
    membership.save()
    facts = {**membership_ledger_data(membership), "seal": membership.sealed_digest()}
    entry = record("role.granted", membership, by=by, **facts)
    note_change(entry, person, by=by, act=act)
    return membership


@transaction.atomic
def revoke_role(membership: Membership, *, by: User | None) -> None:
    if not membership.pk:
        raise ValidationError(_("This role was not granted."))
    check_changes_people(by)
    void_changes("role.granted", membership)
    # Without a seal: a row that is put back with its old one must not match this entry.
    entry = record("role.revoked", membership, by=by, **membership_ledger_data(membership))
    note_change(entry, membership.person, by=by, needs_confirmation=False)
    membership.delete()


def membership_ledger_data(membership: Membership) -> dict:
    """What the ledger keeps of a membership."""
    return {
        "person": membership.person_id,
        "person_name": membership.person.full_name,
        "role": membership.role_id,
        "role_name": membership.role.name,
        "department": membership.department_id,
    }
