"""When `verify`, `patrol` and backups last ran, and how they ended.

A note is a sealed row, and a file outside the database repeats it (ledger.monitoring.mirrors). So the desk does not
believe a note that was inserted, changed or put back with SQL.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils import timezone

from ledger.canonical_json import canonical_timestamp
from ledger.models import Run
from ledger.monitoring.mirrors import change_mirror, read_mirror

MIRROR = "runs"


def note_run(kind: str, *, ok: bool, findings: int = 0) -> bool:
    """Notes that a run of this kind (Run.Kind) has just ended. Returns whether that could be; what ran goes on."""
    run = Run(kind=Run.Kind(kind), at=timezone.now(), ok=ok, findings=findings)
    run.apply_seal()
    written = {"at": canonical_timestamp(run.at), "ok": ok, "findings": findings}
    change_mirror(MIRROR, lambda mirror: mirror.update({run.kind.value: written}))
    facts = {name: getattr(run, name) for name in ("at", "ok", "findings", "seal_key", "seal_signature")}
    try:
        with transaction.atomic():
            Run.objects.update_or_create(kind=run.kind, defaults=facts)
    except DatabaseError:  # such as a replica, or a user who may only read
        return False
    return True


def believed_runs() -> dict[str, Run | None]:
    """Kind → the last run; None for a note that is not to be believed. Kinds without a note are left out.

    A kind whose note is gone, although this machine noted a run, is not believed either.
    """
    wrong = {kind for kind, _finding in _findings()}
    found: dict[str, Run | None] = {run.kind: run for run in Run.objects.all()}
    return found | dict.fromkeys(wrong)


def run_mismatches() -> Iterator[str]:
    """For `verify`: notes that were forged, put back or deleted."""
    for kind, finding in _findings():
        yield f"note of the last {kind}: {finding}"


def _findings() -> Iterator[tuple[str, str]]:
    """(kind, finding) of each note that is not to be believed."""
    mirror = read_mirror(MIRROR)
    for run in Run.objects.order_by("kind"):
        noted = _moment(mirror.pop(run.kind, {}).get("at"))
        if not run.seal_holds():
            yield run.kind, "its seal does not hold; put in or changed outside the site"
        elif noted and run.at < noted:
            yield run.kind, "an earlier one was put back"
    for kind in mirror:
        yield kind, "a run ended, but the database has no note of it"


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
