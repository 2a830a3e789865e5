"""Check that the rows which give authority are as the site sealed them last."""

from collections.abc import Collection

from django.db.models import CharField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, NullIf

from accounts.models import User
from accounts.registration import SEALING_VERBS as PERSON_VERBS
from departments.exceptions import TamperedRow
from departments.models import Department, Membership
from ledger.models import Entry
from ledger.seals import BrokenSeal, Sealed


def newest_seal(label: str, pk: str, verbs: Collection[str] = ()) -> Subquery:
    """Return the digest that the newest ledger entry about a row holds, as text; null when it holds none.

    `label`: of the model, such as "accounts.user"; `pk`: the column of the outer query that has the id; `verbs`: those
    that change what is sealed, where others occur too. A seal alone does not say that it is the newest one: somebody
    who writes SQL could put a revoked membership back, with the seal that it had.
    """
    entries = Entry.objects.filter(object_type=label, object_id=Cast(OuterRef(pk), CharField()))
    if verbs:
        entries = entries.filter(verb__in=verbs)
    # SQLite gives the JSON null of a seal that was taken away as the text "null".
    digest = NullIf(KT("data__seal"), Value("null", output_field=TextField()))
    return Subquery(entries.order_by("-number").annotate(seal=digest).values("seal")[:1])


def check_current(row: Sealed, newest: str | None) -> None:
    """Raise TamperedRow unless the seal of the row holds and is the newest. `newest`: as `newest_seal` returns it.

    A row that a migration made has neither a seal nor an entry.
    """
    expected = row.sealed_digest() if row.seal_key else None
    if not row.seal_holds() or expected != newest:
        raise TamperedRow(BrokenSeal(row))


def check_seals(*rows: Sealed | None) -> None:
    """Raise TamperedRow if the seal of a row does not hold. None is no row."""
    for row in rows:
        if row is not None and not row.seal_holds():
            raise TamperedRow(BrokenSeal(row))


def check_department(department: Department) -> None:
    """Check the department and those whose memberships reach it (`departments.models.REACHING_PATHS`)."""
    parent, responsible = department.parent, department.responsible
    check_seals(department, parent, responsible)
    check_seals(parent.responsible if parent else None, responsible.parent if responsible else None)


def check_person(person: User) -> None:
    """Check the person against the newest ledger entry about them. One query."""
    newest = User.objects.filter(pk=person.pk).values_list(newest_seal("accounts.user", "pk", PERSON_VERBS)).first()
    check_current(person, newest[0] if newest else None)


def checked_memberships(memberships: QuerySet[Membership]) -> list[Membership]:
    """Return the memberships, each checked with its person and role. One query.

    A membership whose row was changed outside the site does not count. Raises TamperedRow if no other is left.
    """
    rows = memberships.select_related("person", "role").annotate(
        newest_grant=newest_seal("departments.membership", "pk"),
        newest_person=newest_seal("accounts.user", "person", PERSON_VERBS),
    )
    checked, refusal = [], None
    for row in rows:
        try:
            check_seals(row.role)
            check_current(row.person, row.newest_person)
            check_current(row, row.newest_grant)
        except TamperedRow as error:
            refusal = error
        else:
            checked.append(row)
    if refusal and not checked:
        raise refusal
    return checked
