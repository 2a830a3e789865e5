"""What `verify` asks of departments and roles: seals hold, and every grant stands in the ledger."""

from collections.abc import Iterator

from departments.models import Department, Membership
from ledger.models import Entry
from ledger.verification import check


@check
def department_seals() -> Iterator[str]:
    for department in Department.objects.order_by("pk").iterator():
        if not department.seal_holds():
            yield f"department {department.pk} ({department.name}): its seal does not hold; changed outside the site"


@check
def grants() -> Iterator[str]:
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
