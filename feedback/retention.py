"""Erasing of names and contacts after the retention period."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from feedback.intake import delete_old_recent_letters
from feedback.models import Letter
from ledger.record import ObjectRef, record


@transaction.atomic
def erase_contact_details() -> int:
    """Empties name and contact of letters settled more than FEEDBACK_KEPT_DAYS ago; returns of how many. Idempotent."""
    now = timezone.now()
    delete_old_recent_letters(now)
    before = now - timedelta(days=settings.FEEDBACK_KEPT_DAYS)
    count = Letter.objects.resolved_before(before).exclude(name="", contact="").update(name="", contact="")
    if count:
        record("letters.forgotten", ObjectRef("feedback.letter", "settled"), count=count, before=before)
    return count
