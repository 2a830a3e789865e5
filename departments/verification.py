"""Checks of `verify` on departments and roles: seals hold, grants are in the ledger."""

from collections.abc import Iterator

from departments.models import Department, Membership, Role
from ledger.canonical_json import canonical_json
from ledger.models import Entry
from ledger.verification import register_verifier


@register_verifier
def verify_department_seals() -> Iterator[str]:
    for department in Department.objects.order_by("pk").iterator():
        if not department.seal_holds():
            yield f"department {department.pk} ({department.name}): its seal does not hold; changed outside the site"


def department_ledger_data(department: Department) -> dict:
    return {**department.manifest(), "responsible": department.responsible_id}


@register_verifier
def verify_departments() -> Iterator[str]:
    """Each department is what was recorded last: an older row, put back with the seal that it then had, is not.

    Covers what no seal does: the department that answers for a column, whose people decide there.
    """
    last: dict[str, dict | None] = {}
    verbs = ["department.created", "department.changed", "department.deleted"]
    for entry in Entry.objects.filter(verb__in=verbs).order_by("number").iterator(chunk_size=2000):
        last[entry.object_id] = None if entry.verb == "department.deleted" else entry.data
    for department in Department.objects.order_by("pk").iterator():
        recorded = last.pop(str(department.pk), None)
        where = f"department {department.pk} ({department.name})"
        if recorded is None:
            yield f"{where}: made outside the site; the ledger does not have it"
        elif department.seal_holds() and canonical_json(department_ledger_data(department)) != canonical_json(recorded):
            yield f"{where}: differs from what the ledger says of it"
    for pk, recorded in last.items():
        if recorded is not None:
            yield f"department {pk} ({recorded.get('name')}): stands in the ledger, but is gone"


@register_verifier
def verify_roles() -> Iterator[str]:
    """A role that was changed is what was recorded last; those that every site begins with have no entry."""
    last = {
        entry.object_id: entry.data
        for entry in Entry.objects.filter(verb__in=["role.created", "role.changed"]).order_by("number").iterator()
    }
    for role in Role.objects.order_by("pk").iterator():
        recorded = last.get(str(role.pk))
        if recorded and recorded != {"code": role.code, "name": role.name, "may_draft": role.may_draft}:
            yield f"role {role.pk} ({role}): differs from what the ledger says of it"


@register_verifier
def verify_grants() -> Iterator[str]:
    """Replays grants and revocations, then compares them with the memberships that count."""
    held: dict[str, dict] = {}
    entries = Entry.objects.filter(verb__in=["role.granted", "role.revoked"]).order_by("number")
    for entry in entries.iterator():
        if entry.verb == "role.granted":
            held[entry.object_id] = entry.data
        else:
            held.pop(entry.object_id, None)
    for membership in Membership.objects.select_related("person", "role").order_by("pk").iterator():
        granted = held.pop(str(membership.pk), None)
        if not granted:
            yield f"membership {membership.pk} ({membership}): granted outside the site; the ledger has no such grant"
        elif [granted["person"], granted["role"], granted["department"]] != [
            membership.person_id,
            membership.role_id,
            membership.department_id,
        ]:
            yield f"membership {membership.pk} ({membership}): differs from what the ledger says was granted"
    for number, data in held.items():
        yield f"membership {number} ({data.get('person_name')}: {data.get('role_name')}): revoked outside the site"
