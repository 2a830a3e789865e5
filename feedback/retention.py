"""Erasing of names and contacts after the retention period."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from feedback.intake import delete_old_recent_letters
from feedback.letter_actions import has_intact_seal
from feedback.models import Letter
from ledger.record import ObjectRef, record
from ledger.seals import SEAL_FIELDS

BATCH_SIZE = 100  # letters in one statement


@transaction.atomic
def erase_contact_details() -> int:
    """Empties name and contact of letters settled more than FEEDBACK_KEPT_DAYS ago; returns of how many. Idempotent.

    Each is sealed again, save those that were changed outside the site: these lose their seal, so that `verify` still
    names them and nobody tries out names with it.
    """
    now = timezone.now()
    delete_old_recent_letters(now)
    before = now - timedelta(days=settings.FEEDBACK_KEPT_DAYS)
    letters = list(Letter.objects.resolved_before(before).exclude(name="", contact="").select_for_update(no_key=True))
    for letter in letters:
        is_intact = has_intact_seal(letter)
        letter.name = letter.contact = letter.seal_key = letter.seal_signature = ""
        if is_intact:
            letter.apply_seal()
    Letter.objects.bulk_update(letters, ["name", "contact", *SEAL_FIELDS], batch_size=BATCH_SIZE)
    if letters:
        record("letters.forgotten", ObjectRef("feedback.letter", "settled"), count=len(letters), before=before)
    return len(letters)
