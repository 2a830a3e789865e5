"""The checks of `verify`, and the registry for those of other apps."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from ledger.heads.head_list import HeadList
from ledger.models import Entry
from ledger.monitoring.alarms import alarm_mismatches
from ledger.monitoring.runs import run_mismatches
from ledger.verification.chain import KnownHead, verify_chain
from ledger.verification.schema import verify_constraints, verify_schema, verify_triggers
from ledger.verification.walks import show_progress, walk, walk_since

Verifier = Callable[[], Iterator[str]]
_verifiers: list[Verifier] = []
# Errors that a value of the wrong type raises. Somebody who can write to the database can store any JSON in a row.
# `verify` names such a check and goes on with the next one.
MALFORMED_ROW_ERRORS = (TypeError, ValueError, LookupError, AttributeError, RecursionError)


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
            except DatabaseError as error:  # a table is gone, or the file is damaged; a snapshot allows nothing more
                said = " ".join(str(error).split())
                yield f"{function.__name__}: broke off, and {len(checks) - position} checks were left out: {said}"
                return
    finally:
        walk_since(0)
        show_progress("")
