"""The check before a row is sealed again: a seal must never bless words that somebody forged."""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ledger.canonical_json import canonical_json
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from ledger.record import ObjectRef, signature_holds
from ledger.seals import Sealed
from ledger.verification.checks import MALFORMED_ROW_ERRORS


class ResealRefused(Exception):
    """A row that an act would seal again is not what was sealed; nothing was changed. The message is for people.

    `subject`, `finding` and `facts`: as in `raise_alarm`. `message`: if there is more to say than that.
    """

    def __init__(self, subject: str, finding: str, *, message: str = "", **facts: str | int) -> None:
        plain = _("What is stored is not what was sealed, so nothing was changed. An alarm tells the superusers.")
        super().__init__(message or plain)
        self.subject, self.finding, self.facts = subject, finding, facts

    def report(self) -> None:
        """Raise the alarm. Call it once the act's transaction is over: a rollback would take the alarm along."""
        raise_alarm(self.subject, self.finding, **self.facts)


def check_before_resealing(seal_holds: bool, is_recorded: Callable[[], bool], broken: ResealRefused) -> None:
    """Raise `broken` unless the present seal holds, and the row is what the newest act in the ledger sealed.

    A good seal is not enough: the seal that the row had before its last act is a good one too.
    """
    if not (seal_holds and is_recorded()):
        raise broken


def check_typed_values(subject: str, row: Sealed, stored: dict, recorded: dict | None) -> None:
    """Raise ResealRefused if saving a form would seal a value that neither the ledger has nor the person typed.

    A form is filled from the stored row, and nobody reads every field again: a forged value would be sealed with the
    one that somebody changed. `row`: with the values of the form. `stored`: manifest of the row as it is stored;
    `recorded`: that of the newest ledger entry, None for none. A forged field can be put right by typing over it.
    """
    forged = [
        name
        for name, value in row.manifest().items()
        if is_same_data(value, stored.get(name)) and not (recorded and is_same_data(value, recorded.get(name)))
    ]
    if forged:
        names = ", ".join(forged)
        message = _("Changed outside the site: %(fields)s. Nothing was saved. Type these fields again.")
        finding = gettext_noop("changed outside the site, and not sealed again: %(fields)s")
        raise ResealRefused(subject, finding, message=message % {"fields": names}, fields=names)


def is_trustworthy(entry: Entry) -> bool:
    """Return whether hash and signature of a ledger entry hold. False for a malformed entry."""
    try:
        return entry.compute_hash() == entry.hash and signature_holds(entry)
    except MALFORMED_ROW_ERRORS:
        return False


def last_trustworthy_entry(row: Model, verbs: Collection[str], **data: Any) -> Entry | None:
    """Return the newest ledger entry about the row with one of the verbs and with `data` among its data.

    None where there is no entry, or where its hash or signature does not hold.
    """
    about = ObjectRef.from_instance(row)
    entries = Entry.objects.filter(object_type=about.object_type, object_id=about.object_id, verb__in=verbs)
    fitting = (
        entry
        for entry in entries.order_by("-number")
        if all(entry.data.get(name) == value for name, value in data.items())
    )
    newest = next(fitting, None)
    return newest if newest and is_trustworthy(newest) else None


def is_same_data(present: Any, recorded: Any) -> bool:
    """Return whether two values have the same canonical form. False where one has none."""
    try:
        return canonical_json(present) == canonical_json(recorded)
    except MALFORMED_ROW_ERRORS:
        return False
