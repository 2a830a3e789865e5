"""Verification of the hash chain, and the registry of checks from other apps."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

from ledger import guards, keys
from ledger.foreign_objects import schema_mismatches
from ledger.heads.head_list import HeadList
from ledger.heads.restores import AcceptedRestore
from ledger.models import GENESIS_HASH, Entry
from ledger.monitoring.alarms import alarm_mismatches
from ledger.monitoring.runs import run_mismatches
from ledger.record import signature_holds
from ledger.walks import show_progress, walk, walk_since

Verifier = Callable[[], Iterator[str]]
_verifiers: list[Verifier] = []
NOTED_OUTSIDE = "noted outside the database"
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
    """A head noted somewhere: entry `number` must exist with `hash`. `source` says where, for the findings.

    `lost`: the numbers that were lost in a restore which this entry must accept.
    """

    number: int
    hash: str
    source: str
    lost: tuple[int, ...] | None = None


def register_verifier(function: Verifier) -> Verifier:
    """Registers a generator of lines; each line names one thing that does not match."""
    _verifiers.append(function)
    return function


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is read as of one moment, while others go on writing.

    Without it an act that is committed between two checks would look like tampering. Make the HeadList before: it only
    ever says what has been committed. Inside a transaction (in tests) there is nothing to do.
    """
    if connection.in_atomic_block:
        yield
        return
    # Django finds out once a process whether SQLite knows JSON, in a transaction of its own. Inside ours that fails,
    # and it would conclude that SQLite does not.
    _supported = connection.features.supports_json_field
    # By hand: Django's own transactions are IMMEDIATE on SQLite and would keep all writers waiting.
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def mismatches(
    notes: Iterable[KnownHead] = (),
    *,
    heads: HeadList | None = None,
    since: KnownHead | None = None,
    has_progress: bool = False,
) -> Iterator[str]:
    """Every line of every check; nothing when all matches. Rows are streamed, not loaded at once.

    `notes`: heads from elsewhere that the ledger must contain; `heads`: those that the site noted outside the database,
    by default as of now; `since`: a head that was verified before: entries up to it, and the rows of articles that no
    later entry mentions, are not checked again; `has_progress`: show a bar on standard error.
    """
    noted = HeadList() if heads is None else heads

    def chain() -> Iterator[str]:
        entries = Entry.objects.filter(number__gte=since.number if since else 1).order_by("number")
        yield from verify_chain(walk(entries), notes, heads=noted, since=since)

    own = [verify_triggers, verify_constraints, verify_schema, chain, alarm_mismatches, run_mismatches]
    checks = [*own, *_verifiers]
    walk_since(since.number if since else 0)
    try:
        for position, function in enumerate(checks, 1):
            name = function.__name__.removeprefix("verify_").replace("_", " ")
            show_progress(f"{position}/{len(checks)} {name}" if has_progress else "")
            try:
                yield from function()
            except MALFORMED_ROW_ERRORS as error:
                yield f"{function.__name__}: broke off at a row that holds what it never should ({error!r})"
    finally:
        walk_since(0)
        show_progress("")


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
