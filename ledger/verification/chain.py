"""Verification of the hash chain of the ledger, and of the heads that somebody noted."""

import heapq
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger import keys
from ledger.heads.head_list import HeadList
from ledger.heads.restores import AcceptedRestore
from ledger.models import GENESIS_HASH, Entry
from ledger.record import signature_holds

NOTED_OUTSIDE = "noted outside the database"


class KnownHead(NamedTuple):
    """A head noted somewhere: entry `number` must exist with `hash`. `source` says where, for the findings.

    `lost`: the numbers that were lost in a restore which this entry must accept.
    """

    number: int
    hash: str
    source: str
    lost: tuple[int, ...] | None = None


def _hash_matches(entry: Entry) -> bool:
    try:
        return entry.compute_hash() == entry.hash
    except (TypeError, ValueError, RecursionError):  # words of no canonical form were never hashed
        return False


def _entry_mismatches(entry: Entry) -> Iterator[str]:
    """Yield the faults of one entry: its hash, its key, its signature."""
    if not _hash_matches(entry):
        yield "its words do not match its hash"
    if keys.trusted_key(entry.key) is None:
        yield f"signed with a key that is not trusted ({entry.key})"
    elif not signature_holds(entry):
        yield "its signature does not hold"


def verify_chain(
    entries: Iterable[Entry],
    notes: Iterable[KnownHead] = (),
    *,
    heads: HeadList | None = None,
    since: KnownHead | None = None,
    is_export: bool = False,
) -> Iterator[str]:
    """What does not match in `entries`, in the order in which they come.

    Numbers without gap, each entry chained to the one before, its hash and its signature; and each head of `notes` and
    `heads` must be among them. With `since`, a head that was verified before, the walk begins there. An export may be
    older than the last of `heads`.
    """
    given = sorted([*notes, *([since] if since else [])], key=lambda note: note.number)
    walk = _HeadWalk(_merged(given, heads), since)
    expected, previous = (since.number if since else 1), (None if since else GENESIS_HASH)
    last = None if since else 0
    for entry in entries:
        if since and entry.number < since.number:
            continue
        where = f"ledger entry {entry.number}"
        if entry.number > expected:
            yield f"{where}: entries {expected} to {entry.number - 1} are missing"
        elif entry.number < expected:
            yield f"{where}: stands behind entry {expected - 1}"
        elif previous is not None and entry.previous != previous:
            yield f"{where}: is not chained to the entry before it"
        yield from (f"{where}: {finding}" for finding in _entry_mismatches(entry))
        yield from walk.compare(entry)
        expected, previous, last = entry.number + 1, entry.hash, entry.number
    yield from (line for source, line in walk.compare_rest(last) if not (is_export and source == NOTED_OUTSIDE))
    if heads is not None:
        yield from heads.findings
        if last and heads.is_missing:
            yield f"heads: none was noted outside the database, but the ledger has entries ({heads.file})"


def _merged(given: list[KnownHead], heads: HeadList | None) -> Iterator[KnownHead]:
    """Every head that the ledger must contain, by number."""
    surviving = heads.surviving() if heads else ()
    noted = (KnownHead(head.number, head.hash, NOTED_OUTSIDE, head.lost) for head in surviving)
    return heapq.merge(given, noted, key=lambda note: note.number)


class _HeadWalk:
    """Compares heads with the entries of the ledger; both come by number, and neither is held in memory."""

    def __init__(self, heads: Iterator[KnownHead], since: KnownHead | None) -> None:
        self.heads = (head for head in heads if not since or head.number >= since.number)
        self.next = next(self.heads, None)
        self.restores: list[AcceptedRestore] = []

    def compare(self, entry: Entry) -> Iterator[str]:
        if restore := AcceptedRestore.from_entry(entry):
            self.restores.append(restore)
        while self.next and self.next.number <= entry.number:
            note, self.next = self.next, next(self.heads, None)
            if note.number < entry.number:
                yield f"ledger: has no entry {note.number}, which was {note.source}"
            elif entry.hash != note.hash:
                yield f"ledger entry {entry.number}: differs from the head {note.source}{self.explain(note.number)}"
            elif note.lost is not None and not (restore and restore.covers(note.lost)):
                yield f"ledger entry {entry.number}: does not accept the restore that the noted heads have it for"

    def compare_rest(self, last: int | None) -> Iterator[tuple[str, str]]:
        """(source, finding) of the heads behind the last entry. A tail is one finding, however much is gone."""
        beyond: dict[str, tuple[int, int]] = {}
        while self.next:
            first, _end = beyond.get(self.next.source, (self.next.number, 0))
            beyond[self.next.source] = first, self.next.number
            self.next = next(self.heads, None)
        for source, (first, end) in beyond.items():
            what = f"entry {first} was" if first == end else f"entries {first} to {end} were"
            ends = f"ends at entry {last}" if last is not None else "has nothing from there on"
            yield source, f"ledger: {ends}, but {what} {source}{self.explain(first)}"

    def explain(self, number: int) -> str:
        for restore in self.restores:
            if restore.lost and restore.lost[0] <= number <= restore.lost[1]:
                return f" ({restore.describe()})"
        return ""
