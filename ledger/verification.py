"""Verifying the record: the chain itself here, and what other apps register with `check`."""

from collections.abc import Callable, Iterator

from django.db import connection

from ledger import guards, keys
from ledger.models import FIRST_PREVIOUS, Entry
from ledger.record import read_head, signature_holds

Check = Callable[[], Iterator[str]]
_checks: list[Check] = []
# What a value of the wrong kind raises. Whoever can write to the database can put any JSON in a row, and must be named
# for it, not end the command before it comes to the rest.
MALFORMED = (TypeError, ValueError, LookupError, AttributeError)


def check(function: Check) -> Check:
    """Registers a generator of lines; each line names one thing that does not match."""
    _checks.append(function)
    return function


def mismatches() -> Iterator[str]:
    """Every line of every check; nothing when all matches. Rows are streamed, not loaded at once."""
    for function in [triggers, chain, *_checks]:
        try:
            yield from function()
        except MALFORMED as error:
            yield f"{function.__name__}: broke off at a row that holds what it never should ({error!r})"


def triggers() -> Iterator[str]:
    for name in guards.missing(connection):
        yield f"trigger {name}: missing from the database, or changed"


def _says_what_was_hashed(entry: Entry) -> bool:
    try:
        return entry.compute_hash() == entry.hash
    except TypeError:  # words of no canonical form were never hashed
        return False


def chain() -> Iterator[str]:
    """Numbers without gap, each entry chained to the one before, hash and signature, and the noted head."""
    noted = read_head()
    expected, previous, seen_head = 1, FIRST_PREVIOUS, noted is None
    for entry in Entry.objects.order_by("number").iterator(chunk_size=2000):
        where = f"ledger entry {entry.number}"
        if entry.number != expected:
            yield f"{where}: entries {expected} to {entry.number - 1} are missing"
        elif entry.previous != previous:
            yield f"{where}: is not chained to the entry before it"
        if not _says_what_was_hashed(entry):
            yield f"{where}: its words do not match its hash"
        if entry.key not in keys.trusted_keys():
            yield f"{where}: signed with a key that is not trusted ({entry.key})"
        elif not signature_holds(entry):
            yield f"{where}: its signature does not hold"
        if noted and entry.number == noted["number"]:
            seen_head = entry.hash == noted["hash"]
            if not seen_head:
                yield f"{where}: differs from the head noted outside the database"
                seen_head = True
        expected, previous = entry.number + 1, entry.hash
    if not seen_head:
        yield f"ledger: ends at entry {expected - 1}, but entry {noted['number']} was noted outside the database"
