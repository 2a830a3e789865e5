"""Checks of `verify` on departments and roles: seals hold, grants are in the ledger."""

from collections.abc import Iterator

from departments.models import Department, FormerSlug, Membership, Role
from ledger.canonical_json import canonical_json
from ledger.models import Entry
from ledger.verification.checks import register_verifier


@register_verifier
def verify_department_seals() -> Iterator[str]:
    for department in Department.objects.order_by("pk").iterator():
        if not department.seal_holds():
            yield f"department {department.pk} ({department.name}): its seal does not hold; changed outside the site"


@register_verifier
def verify_departments() -> Iterator[str]:
    """Each department is what was recorded last: an older row, put back with the seal that it then had, is not."""
    last: dict[str, dict | None] = {}
    verbs = ["department.created", "department.changed", "department.deleted"]
    for entry in Entry.objects.filter(verb__in=verbs).order_by("number").iterator(chunk_size=2000):
        last[entry.object_id] = None if entry.verb == "department.deleted" else entry.data
    for department in Department.objects.order_by("pk").iterator():
        recorded = last.pop(str(department.pk), None)
        where = f"department {department.pk} ({department.name})"
        if recorded is None:
            yield f"{where}: made outside the site; the ledger does not have it"
        elif department.seal_holds() and canonical_json(department.manifest()) != canonical_json(recorded):
            yield f"{where}: differs from what the ledger says of it"
    for pk, recorded in last.items():
        if recorded is not None:
            yield f"department {pk} ({recorded.get('name')}): stands in the ledger, but is gone"


@register_verifier
def verify_former_slugs() -> Iterator[str]:
    """Each former address leads to the department that left it last, and none is missing."""
    present: dict[str, str] = {}  # department → the slug that it has at this point of the ledger
    left: dict[str, str] = {}  # slug → the department that left it last
    verbs = ["department.created", "department.changed", "department.deleted"]
    for entry in Entry.objects.filter(verb__in=verbs).order_by("number").iterator(chunk_size=2000):
        before = present.pop(entry.object_id, None)
        if entry.verb == "department.deleted":
            left = {slug: pk for slug, pk in left.items() if pk != entry.object_id}
            continue
        present[entry.object_id] = slug = entry.data.get("slug")
        if before and before != slug:
            left[before] = entry.object_id
    for former in FormerSlug.objects.order_by("pk").iterator():
        where = f"former address {former.pk} ({former.slug})"
        recorded = left.pop(former.slug, None)
        if not former.seal_holds():
            yield f"{where}: its seal does not hold; changed outside the site"
        elif recorded != str(former.department_id):
            yield f"{where}: leads to another department than the ledger says"
    for slug, pk in left.items():
        yield f"former address {slug}: department {pk} left it, but it leads nowhere"


@register_verifier
def verify_roles() -> Iterator[str]:
    """A role is what was recorded last; those that every site begins with have no entry."""
    last = {
        entry.object_id: entry.data
        for entry in Entry.objects.filter(verb__in=["role.created", "role.changed"]).order_by("number").iterator()
    }
    for role in Role.objects.order_by("pk").iterator():
        recorded = last.pop(str(role.pk), None)
        if not role.seal_holds():
            yield f"role {role.pk} ({role}): its seal does not hold; changed outside the site"
        elif (recorded is None and role.seal_key) or (recorded is not None and recorded != role.manifest()):
            yield f"role {role.pk} ({role}): differs from what the ledger says of it"
    for pk, recorded in last.items():
        yield f"role {pk} ({recorded.get('name')}): stands in the ledger, but is gone"


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
        if not membership.seal_holds():
            yield f"membership {membership.pk} ({membership}): its seal does not hold; changed outside the site"
        elif not granted:
            yield f"membership {membership.pk} ({membership}): granted outside the site; the ledger has no such grant"
        elif granted.get("seal") != membership.sealed_digest():
            yield f"membership {membership.pk} ({membership}): differs from what the ledger says was granted"
    for number, data in held.items():
        yield f"membership {number} ({data.get('person_name')}: {data.get('role_name')}): revoked outside the site"
