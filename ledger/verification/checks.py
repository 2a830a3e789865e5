"""The checks of `verify`, and the registry for those of other apps."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from django.db import DatabaseError

from ledger.heads.head_list import HeadList
from ledger.models import Entry
from ledger.monitoring.alarms import alarm_mismatches
from ledger.monitoring.runs import run_mismatches
from ledger.verification.chain import KnownHead, verify_chain
from ledger.verification.schema import verify_constraints, verify_schema, verify_triggers
from ledger.verification.snapshot import WorkerPool
from ledger.verification.walks import show_progress, walk, walk_since

Verifier = Callable[[], Iterator[str]]
_verifiers: list[Verifier] = []
# Errors that a value of the wrong type raises. Somebody who can write to the database can store any JSON in a row.
# `verify` names such a check and goes on with the next one.
MALFORMED_ROW_ERRORS = (TypeError, ValueError, LookupError, AttributeError, RecursionError)


def register_verifier(function: Verifier) -> Verifier:
    """Registers a generator of lines; each line names one thing that does not match.

    The verifiers of a module run in one process, in their order, so that a later one may use what an earlier one found.
    """
    _verifiers.append(function)
    return function


def long_running(verifier: Verifier) -> Verifier:
    """Marks a verifier that takes much of the whole time: processes that share the checks begin with its module."""
    verifier.long_running = True
    return verifier


@dataclass
class _Verification:
    """One call of `mismatches`. Every process that checks gets a copy."""

    notes: list[KnownHead]
    heads: HeadList
    since: KnownHead | None
    has_progress: bool
    has_broken_off: bool = False  # an error of the database ended the transaction of this process

    def checks(self) -> list[Verifier]:
        own = [verify_triggers, verify_constraints, verify_schema, self.chain, alarm_mismatches, run_mismatches]
        return [*own, *_verifiers]

    def chain(self) -> Iterator[str]:
        entries = Entry.objects.filter(number__gte=self.since.number if self.since else 1).order_by("number")
        yield from verify_chain(walk(entries), self.notes, heads=self.heads, since=self.since)


def mismatches(
    notes: Iterable[KnownHead] = (),
    *,
    heads: HeadList | None = None,
    since: KnownHead | None = None,
    has_progress: bool = False,
    pool: WorkerPool | None = None,
) -> Iterator[str]:
    """Every line of every check; nothing when all matches. Rows are streamed, not loaded at once.

    `notes`: heads from elsewhere that the ledger must contain; `heads`: those that the site noted outside the database,
    by default as of now; `since`: a head that was verified before: entries up to it, and the rows of articles that no
    later entry mentions, are not checked again; `has_progress`: show a bar on standard error; `pool`: the processes
    that share the checks.
    """
    verification = _Verification(list(notes), HeadList() if heads is None else heads, since, has_progress)
    checks = verification.checks()
    modules = groupby(range(len(checks)), lambda position: checks[position].__module__)
    tasks = [list(positions) for _module, positions in modules]
    tasks.sort(key=lambda positions: not any(hasattr(checks[position], "long_running") for position in positions))
    return (pool or WorkerPool([])).run(partial(_run_checks, verification), tasks)


def _run_checks(verification: _Verification, positions: list[int], process: int) -> Iterator[str]:
    """Yield the lines of the checks at these positions of the list of all."""
    if verification.has_broken_off:
        return
    checks = verification.checks()
    walk_since(verification.since.number if verification.since else 0)
    try:
        for position in positions:
            function = checks[position]
            name = function.__name__.removeprefix("verify_").replace("_", " ")
            show_progress(f"{position + 1}/{len(checks)} {name}" if verification.has_progress else "", line=process)
            try:
                yield from function()
            except MALFORMED_ROW_ERRORS as error:
                yield f"{function.__name__}: broke off at a row that holds what it never should ({error!r})"
            except DatabaseError as error:  # a table is gone, or the file is damaged; a snapshot allows nothing more
                said = " ".join(str(error).split())
                yield f"{function.__name__}: broke off, and the checks after it were left out: {said}"
                verification.has_broken_off = True
                return
    finally:
        walk_since(0)
        show_progress("")
