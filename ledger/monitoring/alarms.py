"""Alarms: records of data that a page refused to show because its seal does not hold.

An alarm is kept twice: as a sealed row, and in a file outside the database (ledger.monitoring.mirrors). The desk shows
both, so that nobody silences an alarm by deleting or changing its row.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from ledger.canonical_json import canonical_timestamp
from ledger.models import Alarm
from ledger.monitoring.mirrors import Mirror, change_mirror, read_mirror
from ledger.seals import BrokenSeal, Sealed

logger = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Sealed)

MIRROR = "alarms"
MAX_MIRRORED = 1000  # subjects in the file; the oldest go first
REPEAT_INTERVAL_SECONDS = 300  # seconds: a process repeats the same alarm at most this often
_last_raised_at: dict[str, float] = {}


def raise_alarm(subject: str, message: str, **facts: str | int) -> None:
    """Logs the finding and keeps it for superusers to see. Never fails: the page that found it must still answer.

    `subject` is a kind of thing and its number or name. `message` is an English text of the catalogue (gettext_noop) in
    which `facts` stand; it is logged in English, and translated for whoever looks at it.
    """
    now = time.monotonic()
    if now - _last_raised_at.get(subject, -REPEAT_INTERVAL_SECONDS) < REPEAT_INTERVAL_SECONDS:
        return
    _last_raised_at[subject] = now
    logger.error("INTEGRITY %s: %s", subject, message % facts)
    found = {"message": message[:300], "facts": facts, "last_seen": canonical_timestamp(timezone.now())}
    change_mirror(MIRROR, lambda mirror: _add_to_mirror(mirror, subject[:120], found))
    _write_row(subject[:120], found)


def report_broken_seal(broken: BrokenSeal) -> None:
    """Raise the alarm for a row that somebody tried to use. Call it outside the transaction that the refusal undoes."""
    subject = f"{broken.row._meta.model_name} {broken.row.pk}"
    raise_alarm(subject, gettext_noop("It was changed outside the site; somebody tried to use it."))


def intact_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose seal holds, for a list that leaves the others out. Raise an alarm for each of those."""
    intact = []
    for row in rows:
        if row.seal_holds():
            intact.append(row)
        else:
            subject = f"{row._meta.model_name} {row.pk}"
            raise_alarm(subject, gettext_noop("its seal does not hold; it is left out"))
    return intact


def _add_to_mirror(mirror: Mirror, subject: str, found: dict[str, Any]) -> None:
    mirror[subject] = {"first_seen": found["last_seen"], **mirror.get(subject, {}), **found}
    for oldest in sorted(mirror, key=lambda name: str(mirror[name].get("last_seen")))[:-MAX_MIRRORED]:
        del mirror[oldest]


def _write_row(subject: str, found: dict[str, Any]) -> None:
    """Writes the alarm into its row and seals it; an alarm that was cleared is open again."""
    seen = datetime.fromisoformat(found["last_seen"])
    try:
        with transaction.atomic():
            alarm = Alarm.objects.filter(subject=subject).first()
            if alarm is None or not alarm.seal_holds():  # of a forged row nothing is taken over but its place
                first = datetime.fromisoformat(found.get("first_seen", found["last_seen"]))
                alarm = Alarm(pk=alarm and alarm.pk, subject=subject, first_seen=first)
            alarm.message, alarm.facts, alarm.last_seen = found["message"], found["facts"], seen
            alarm.count, alarm.cleared_at, alarm.cleared_by_name = alarm.count + 1, None, ""
            alarm.apply_seal()
            alarm.save()
    except DatabaseError:
        logger.exception("the alarm could not be kept")


@contextmanager
def alarms_outlive_rollback() -> Iterator[None]:
    """Round a transaction: alarms that were raised inside are written again after the transaction was rolled back."""
    begun, is_done = canonical_timestamp(timezone.now()), False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            rewrite_lost_alarms(since=begun)


def rewrite_lost_alarms(since: str = "") -> None:
    """Writes the rows again that say less than the file. `since`: only alarms seen at this time (RFC 3339) or later."""
    for subject, facts in read_mirror(MIRROR).items():
        mirrored = _from_mirror(subject, facts)
        if mirrored is None or str(facts["last_seen"]) < since:
            continue
        row = Alarm.objects.filter(subject=subject).first()
        if row is None or not row.seal_holds() or row.last_seen < mirrored.last_seen:
            _write_row(subject, facts)


def open_alarms() -> list[Alarm]:
    """Every alarm that nobody cleared, newest first; also one whose row is gone, was changed or put back.

    `is_believed` is False where the row is not what the site wrote; the file's words then stand in for it.
    """
    found: dict[str, Alarm] = {alarm.subject: alarm for alarm in Alarm.objects.all()}
    for subject, facts in read_mirror(MIRROR).items():
        mirrored = _from_mirror(subject, facts)
        row = found.get(subject)
        if mirrored and (row is None or not row.seal_holds() or row.last_seen < mirrored.last_seen):
            found[subject] = mirrored
    for alarm in found.values():
        alarm.is_believed = alarm.pk is not None and alarm.seal_holds()
    shown = [alarm for alarm in found.values() if alarm.cleared_at is None or not alarm.is_believed]
    return sorted(shown, key=lambda alarm: alarm.last_seen, reverse=True)


def _from_mirror(subject: str, facts: dict[str, Any]) -> Alarm | None:
    """The alarm as the file has it, without a row; None for what cannot be read."""
    try:
        first, last = (datetime.fromisoformat(facts[name]) for name in ("first_seen", "last_seen"))
        return Alarm(
            subject=subject, message=str(facts["message"]), facts=facts["facts"], first_seen=first, last_seen=last
        )
    except (KeyError, TypeError, ValueError):
        return None


def alarm_mismatches() -> Iterator[str]:
    """For `verify`: alarms whose row is gone, was put in or changed by hand, or was put back to an earlier state."""
    mirror = read_mirror(MIRROR)
    for alarm in Alarm.objects.order_by("pk").iterator():
        if not alarm.seal_holds():
            yield f"alarm “{alarm.subject}”: its seal does not hold; put in or changed outside the site"
        mirrored = _from_mirror(alarm.subject, mirror.pop(alarm.subject, {}))
        if mirrored and alarm.seal_holds() and alarm.last_seen < mirrored.last_seen:
            yield f"alarm “{alarm.subject}”: an earlier state was put back"
    for subject in mirror:
        yield f"alarm “{subject}”: was raised, but is gone from the database"


def reset_throttling() -> None:
    """Lets every alarm be raised again at once (after a clearing, and in tests)."""
    _last_raised_at.clear()
