"""When `verify`, `patrol` and backups last ran, and how they ended."""

from django.db import DatabaseError, transaction
from django.utils import timezone

from ledger.models import Run


def note_run(kind: str, *, ok: bool, findings: int = 0) -> bool:
    """Notes that a run of this kind (Run.Kind) has just ended. Returns whether that could be; what ran goes on."""
    facts = {"at": timezone.now(), "ok": ok, "findings": findings}
    try:
        with transaction.atomic():
            Run.objects.update_or_create(kind=Run.Kind(kind), defaults=facts)
    except DatabaseError:  # such as a replica, or a user who may only read
        return False
    return True
