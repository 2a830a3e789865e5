"""Forgetting who wrote: names and addresses of visitors are kept no longer than they are needed."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from feedback.models import Letter
from feedback.sending import clear_old
from ledger.record import Thing, record


@transaction.atomic
def forget() -> int:
    """Empties name and contact of letters settled more than FEEDBACK_KEPT_DAYS ago; returns of how many. Idempotent."""
    now = timezone.now()
    clear_old(now)
    before = now - timedelta(days=settings.FEEDBACK_KEPT_DAYS)
    count = Letter.objects.settled_before(before).exclude(name="", contact="").update(name="", contact="")
    if count:
        record("letters.forgotten", Thing("feedback.letter", "settled"), count=count, before=before)
    return count
