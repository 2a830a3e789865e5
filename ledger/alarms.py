"""Alarms: records of data that a page refused to show because its seal does not hold."""

import logging
import time

from django.db import DatabaseError, transaction
from django.utils import timezone

from ledger.models import Alarm

logger = logging.getLogger(__name__)

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
    moment = timezone.now()
    found = {"message": message[:300], "facts": facts, "last_seen": moment}
    try:
        with transaction.atomic():
            Alarm.objects.update_or_create(
                subject=subject[:120],
                defaults=found,
                create_defaults={**found, "first_seen": moment},
            )
    except DatabaseError:
        logger.exception("the alarm could not be kept")


def reset_throttling() -> None:
    """Lets every alarm be raised again at once (after a clearing, and in tests)."""
    _last_raised_at.clear()
