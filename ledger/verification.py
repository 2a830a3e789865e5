"""Verification of the hash chain, and the registry of checks from other apps."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

from ledger import guards, keys
from ledger.alarms import alarm_mismatches
from ledger.foreign_objects import schema_mismatches
from ledger.models import GENESIS_HASH, Entry
from ledger.record import read_head, signature_holds
from ledger.runs import run_mismatches

Verifier = Callable[[], Iterator[str]]
_verifiers: list[Verifier] = []
# What a value of the wrong kind raises. Whoever can write to the database can put any JSON in a row, and must be named
# for it, not end the command before it comes to the rest.
MALFORMED_ROW_ERRORS = (TypeError, ValueError, LookupError, AttributeError, RecursionError)

# Every table, constraint and index of the schema, with its definition.
SCHEMA_SQL = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
    "postgresql": """
        SELECT 'table', tablename, '', '' FROM pg_tables WHERE schemaname = current_schema()
        UNION ALL
        SELECT 'index', indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()
        UNION ALL
        SELECT 'constraint', conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace
        ORDER BY 1, 2, 3
    """,
}


class KnownHead(NamedTuple):
    """A head noted somewhere else: entry `number` must exist with `hash`. `where` says where, for the findings."""

    number: int
    hash: str
    source: str


def register_verifier(function: Verifier) -> Verifier:
    """Registers a generator of lines; each line names one thing that does not match."""
    _verifiers.append(function)
    return function


def known_heads() -> list[KnownHead]:
    """The head that the site itself notes outside the database, if it has."""
    head = read_head()
    return [KnownHead(head["number"], head["hash"], "noted outside the database")] if head else []


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


def mismatches(notes: Iterable[KnownHead] | None = None) -> Iterator[str]:
    """Every line of every check; nothing when all matches. Rows are streamed, not loaded at once.

    `notes`: heads that the ledger must contain; by default the one noted outside the database.
    """
    noted = list(known_heads() if notes is None else notes)

    def chain() -> Iterator[str]:
        return verify_chain(Entry.objects.order_by("number").iterator(chunk_size=2000), noted)

    own = [verify_triggers, verify_constraints, verify_schema, chain, alarm_mismatches, run_mismatches]
    for function in [*own, *_verifiers]:
        try:
            yield from function()
        except MALFORMED_ROW_ERRORS as error:
            yield f"{function.__name__}: broke off at a row that holds what it never should ({error!r})"


def verify_triggers() -> Iterator[str]:
    for name in guards.missing_guards(connection):
        yield f"trigger {name}: missing from the database, or changed"


def verify_constraints() -> Iterator[str]:
    """Every named constraint of the models, and every column that is to be unique, in the tables of the database."""
    # Django looks at each table by itself, which takes a second. The same schema always gives the same answer.
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA_SQL[connection.vendor])
        yield from _missing_for_schema(tuple(cursor.fetchall()))


@lru_cache(maxsize=4)
def _missing_for_schema(_schema: tuple) -> list[str]:
    """Return what `_missing_from_tables` yields. `_schema`: the rows of SCHEMA_SQL."""
    return list(_missing_from_tables())


def verify_schema() -> Iterator[str]:
    """Whatever stands in the database that neither migrations nor guards made (ledger.foreign_objects)."""
    yield from schema_mismatches()


def _missing_from_tables() -> Iterator[str]:
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


def _hash_matches(entry: Entry) -> bool:
    try:
        return entry.compute_hash() == entry.hash
    except (TypeError, ValueError, RecursionError):  # words of no canonical form were never hashed
        return False


def _entry_mismatches(entry: Entry) -> Iterator[str]:
    """What is wrong with one entry by itself."""
    if not _hash_matches(entry):
        yield "its words do not match its hash"
    if keys.trusted_key(entry.key) is None:
        yield f"signed with a key that is not trusted ({entry.key})"
    elif not signature_holds(entry):
        yield "its signature does not hold"


def verify_chain(entries: Iterable[Entry], notes: Iterable[KnownHead] = ()) -> Iterator[str]:
    """What does not match in `entries`, in the order in which they come.

    Numbers without gap, each entry chained to the one before, its hash and its signature; and each head of `notes`
    must be among them.
    """
    heads_by_number: dict[int, list[KnownHead]] = {}
    for note in notes:
        heads_by_number.setdefault(note.number, []).append(note)
    expected, previous = 1, GENESIS_HASH
    for entry in entries:
        where = f"ledger entry {entry.number}"
        if entry.number > expected:
            yield f"{where}: entries {expected} to {entry.number - 1} are missing"
        elif entry.number < expected:
            yield f"{where}: stands behind entry {expected - 1}"
        elif entry.previous != previous:
            yield f"{where}: is not chained to the entry before it"
        yield from (f"{where}: {finding}" for finding in _entry_mismatches(entry))
        for note in heads_by_number.pop(entry.number, []):
            if entry.hash != note.hash:
                yield f"{where}: differs from the head {note.source}"
        expected, previous = entry.number + 1, entry.hash
    for note in (note for left in heads_by_number.values() for note in left):
        if note.number >= expected:
            yield f"ledger: ends at entry {expected - 1}, but entry {note.number} was {note.source}"
        else:
            yield f"ledger: has no entry {note.number}, which was {note.source}"
