"""Verifying the record: the chain itself here, and what other apps register with `check`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

from ledger import guards, keys
from ledger.models import FIRST_PREVIOUS, Entry
from ledger.record import read_head, signature_holds

Check = Callable[[], Iterator[str]]
_checks: list[Check] = []
# What a value of the wrong kind raises. Whoever can write to the database can put any JSON in a row, and must be named
# for it, not end the command before it comes to the rest.
MALFORMED = (TypeError, ValueError, LookupError, AttributeError, RecursionError)


class Note(NamedTuple):
    """A head noted somewhere else: entry `number` must exist with `hash`. `where` says where, for the findings."""

    number: int
    hash: str
    where: str


def check(function: Check) -> Check:
    """Registers a generator of lines; each line names one thing that does not match."""
    _checks.append(function)
    return function


def noted_heads() -> list[Note]:
    """The head that the site itself notes outside the database, if it has."""
    head = read_head()
    return [Note(head["number"], head["hash"], "noted outside the database")] if head else []


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is read as of one moment, while others go on writing.

    Without it an act that is committed between two checks would look like tampering. Note heads before: they only
    ever say what has been committed. Inside a transaction (in tests) there is nothing to do.
    """
    if connection.in_atomic_block:
        yield
        return
    # By hand: Django's own transactions are IMMEDIATE on SQLite and would keep all writers waiting.
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def mismatches(notes: Iterable[Note] | None = None) -> Iterator[str]:
    """Every line of every check; nothing when all matches. Rows are streamed, not loaded at once.

    `notes`: heads that the ledger must contain; by default the one noted outside the database.
    """
    noted = list(noted_heads() if notes is None else notes)

    def chain() -> Iterator[str]:
        return chained(Entry.objects.order_by("number").iterator(chunk_size=2000), noted)

    for function in [triggers, constraints, chain, *_checks]:
        try:
            yield from function()
        except MALFORMED as error:
            yield f"{function.__name__}: broke off at a row that holds what it never should ({error!r})"


def triggers() -> Iterator[str]:
    for name in guards.missing(connection):
        yield f"trigger {name}: missing from the database, or changed"


def constraints() -> Iterator[str]:
    """Every named constraint of the models, and every column that is to be unique, in the tables of the database."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.proxy:
                continue
            table = model._meta.db_table
            if table not in tables:
                yield f"table {table}: missing from the database"
                continue
            yield from _missing_constraints(model, connection.introspection.get_constraints(cursor, table))


def _missing_constraints(model: type[models.Model], found: dict[str, dict]) -> Iterator[str]:
    table = model._meta.db_table
    for constraint in model._meta.constraints:
        if constraint.name not in found:
            yield f"constraint {constraint.name}: missing from table {table}"
    unique = [facts["columns"] for facts in found.values() if facts["unique"] or facts["primary_key"]]
    for field in model._meta.local_concrete_fields:
        if field.unique and [field.column] not in unique:
            yield f"constraint: column {field.column} of table {table} is no longer unique"


def _says_what_was_hashed(entry: Entry) -> bool:
    try:
        return entry.compute_hash() == entry.hash
    except (TypeError, ValueError, RecursionError):  # words of no canonical form were never hashed
        return False


def _unsigned(entry: Entry) -> Iterator[str]:
    """What is wrong with one entry by itself."""
    if not _says_what_was_hashed(entry):
        yield "its words do not match its hash"
    if keys.trusted(entry.key) is None:
        yield f"signed with a key that is not trusted ({entry.key})"
    elif not signature_holds(entry):
        yield "its signature does not hold"


def chained(entries: Iterable[Entry], notes: Iterable[Note] = ()) -> Iterator[str]:
    """What does not match in `entries`, in the order in which they come.

    Numbers without gap, each entry chained to the one before, its hash and its signature; and each head of `notes`
    must be among them.
    """
    waiting: dict[int, list[Note]] = {}
    for note in notes:
        waiting.setdefault(note.number, []).append(note)
    expected, previous = 1, FIRST_PREVIOUS
    for entry in entries:
        where = f"ledger entry {entry.number}"
        if entry.number > expected:
            yield f"{where}: entries {expected} to {entry.number - 1} are missing"
        elif entry.number < expected:
            yield f"{where}: stands behind entry {expected - 1}"
        elif entry.previous != previous:
            yield f"{where}: is not chained to the entry before it"
        yield from (f"{where}: {finding}" for finding in _unsigned(entry))
        for note in waiting.pop(entry.number, []):
            if entry.hash != note.hash:
                yield f"{where}: differs from the head {note.where}"
        expected, previous = entry.number + 1, entry.hash
    for note in (note for left in waiting.values() for note in left):
        if note.number >= expected:
            yield f"ledger: ends at entry {expected - 1}, but entry {note.number} was {note.where}"
        else:
            yield f"ledger: has no entry {note.number}, which was {note.where}"
