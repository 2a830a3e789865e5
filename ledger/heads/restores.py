"""Acceptance of a restored database that lost its tail: a ledger entry, and a line of the noted heads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ledger.heads.head_file import Head, write_acceptance
from ledger.heads.head_list import HeadList
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from ledger.record import ObjectRef, append_entry, lock_ledger, signature_holds

RESTORE_VERB = "ledger.restore_accepted"
RESTORE_OBJECT_TYPE = "ledger.restore"


class RestoreRefused(Exception):
    """The restore cannot be accepted as asked; nothing was changed. The message says why."""


class AcceptedRestore(NamedTuple):
    """What the ledger says of a restore. `lost`: first and last number that is gone; () if there was no list."""

    entry: int
    time: datetime
    lost: tuple[int, ...]
    last_hash: str  # of entry lost[1]
    confirmed: tuple[str, ...]

    @classmethod
    def from_entry(cls, entry: Entry) -> "AcceptedRestore | None":
        """None for any other entry, also for one whose details were changed into something else."""
        if entry.verb != RESTORE_VERB or not isinstance(entry.data, dict):
            return None
        lost, confirmed = entry.data.get("lost"), entry.data.get("confirmed")
        try:
            # Every entry from this one's own number on is gone, whether this machine had noted it or not.
            numbers = (min(int(lost["first"]), entry.number), int(lost["last"])) if lost else ()
            names = tuple(str(person["name"]) for person in confirmed)
            last_hash = str(lost["last_hash"]) if lost else ""
        except (TypeError, ValueError, LookupError):
            return None
        return cls(entry.number, entry.time, numbers, last_hash, names)

    def covers(self, lost: Sequence[int]) -> bool:
        """Whether these numbers, first and last, are among those that this restore lost. () is no range to cover."""
        return not lost or (bool(self.lost) and self.lost[0] <= lost[0] and lost[1] <= self.lost[1])

    def describe(self) -> str:
        """In English, as `verify` speaks."""
        names = " and ".join(self.confirmed)
        if not self.lost:
            return f"the list of noted heads was lost; {names} accepted this in entry {self.entry}"
        first, last = self.lost
        return f"entries {first} to {last} were lost in a restore; {names} accepted this in entry {self.entry}"

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        lost = {"first": self.lost[0], "last": self.lost[1], "last_hash": self.last_hash} if self.lost else None
        return {"entry": self.entry, "time": self.time.isoformat(), "lost": lost, "confirmed": list(self.confirmed)}


def accepted_restores() -> list[AcceptedRestore]:
    """Every accepted restore that the ledger vouches for, the oldest first. An entry that does not hold is an alarm."""
    found = []
    for entry in Entry.objects.filter(object_type=RESTORE_OBJECT_TYPE).order_by("object_type", "object_id", "number"):
        restore = AcceptedRestore.from_entry(entry)
        if restore and entry.compute_hash() == entry.hash and signature_holds(entry):
            found.append(restore)
        else:
            raise_alarm(f"restore {entry.number}", gettext_noop("the entry of the ledger is not what was signed"))
    return sorted(found, key=lambda restore: restore.entry)


class LostHeads(NamedTuple):
    """What the database lacks. `kept`: the last noted head that it has; None if there is none."""

    kept: Head | None
    first: Head
    last: Head

    @property
    def numbers(self) -> tuple[int, int]:
        return self.first.number, self.last.number


def compare_heads(heads: HeadList) -> LostHeads | None:
    """Which of the noted heads the database does not contain; None if it has them all. Reads in one pass."""
    entries = Entry.objects.order_by("number").values_list("number", "hash").iterator(chunk_size=2000)
    entry, kept, first, last = next(entries, None), None, None, None
    for head in heads.surviving():
        while entry and entry[0] < head.number:
            entry = next(entries, None)
        if first is None and entry == (head.number, head.hash):
            kept = head
        else:
            first, last = first or head, head
    return LostHeads(kept, first, last) if first and last else None


def find_lost(number: int, hash_: str) -> LostHeads | None:
    """What accepting the database as it is would give up; None if there is no list of heads to compare with.

    `number`, `hash_`: the newest entry of the database. Raises RestoreRefused if it is another one, if nothing is lost,
    or if the list holds damaged lines.
    """
    heads = HeadList()
    lost = compare_heads(heads)
    if heads.findings:
        raise RestoreRefused("\n".join(heads.findings))
    if lost is None and not heads.is_missing:
        raise RestoreRefused(_("The database contains every noted head. There is nothing to accept."))
    newest = Entry.objects.order_by("-number").values_list("number", "hash").first() or (0, "")
    _check_is_newest(newest, number, hash_)
    return lost


def accept_restore(number: int, hash_: str, *, confirmed_by: Sequence[Any], findings: int) -> Entry:
    """Record that the database, whose newest entry is `number` with `hash_`, is the site's from now on.

    `confirmed_by`: the two superusers (accounts.restore_confirmation has checked them); `findings`: how many other
    things `verify` named. The entry holds what was lost, for ever. Raises RestoreRefused as `find_lost` does and for
    one person, and OSError if the list of heads cannot be written; `note_earlier_acceptance` then makes up for it.
    """
    if len({person.pk for person in confirmed_by}) < 2:
        raise RestoreRefused(_("Two superusers must confirm; this was one person."))
    lost = find_lost(number, hash_)
    with transaction.atomic():
        last, _hash_of_head = lock_ledger(None)
        _check_is_newest(last, number, hash_)
        entry = append_entry(
            last,
            RESTORE_VERB,
            ObjectRef(RESTORE_OBJECT_TYPE, str(number)),
            by=confirmed_by[0],
            data={
                "head": {"number": number, "hash": hash_},
                "lost": _lost_data(lost),
                "confirmed": [{"id": person.pk, "name": person.full_name} for person in confirmed_by],
                "findings": findings,
            },
        )
        transaction.on_commit(lambda: write_acceptance(entry, lost.numbers if lost else ()))
    return entry


def _lost_data(lost: LostHeads | None) -> dict[str, Any] | None:
    if lost is None:
        return None
    first, last = lost.first, lost.last
    return {
        "first": first.number,
        "first_hash": first.hash,
        "last": last.number,
        "last_hash": last.hash,
        "last_time": last.time,
    }


def _check_is_newest(newest: tuple[int, str], number: int, hash_: str) -> None:
    """Raises RestoreRefused."""
    if newest != (number, hash_):
        raise RestoreRefused(
            _("The newest entry of the database is %(head)s, not the one that you named.")
            % {"head": f"{newest[0]}:{newest[1]}"}
        )


def note_earlier_acceptance() -> AcceptedRestore | None:
    """Note on this machine a restore that the ledger says was accepted; None if none covers what is lost here.

    So it is on a second machine with a list of its own, and after a crash between the entry and the line. The
    entry must be newer than every head that is left here: a list that has it noted already has lost something else.
    """
    lost = compare_heads(HeadList())
    for restore in reversed(accepted_restores() if lost else []):
        if _is_covered(restore, lost):
            entry = Entry.objects.get(number=restore.entry)
            write_acceptance(entry, lost.numbers)
            return restore
    return None


def _is_covered(restore: AcceptedRestore, lost: LostHeads) -> bool:
    if lost.kept and lost.kept.number >= restore.entry:
        return False
    is_same_end = lost.last.number != (restore.lost or (0, 0))[1] or lost.last.hash == restore.last_hash
    return is_same_end and restore.covers(lost.numbers)
