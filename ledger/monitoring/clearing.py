"""Clearing an alarm: an act of a superuser, in the ledger. The row stays."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from ledger import verbs
from ledger.models import Alarm
from ledger.record import record

verbs.register_verbs("alarm", _("Integrity alarms"), {"alarm.cleared": _("cleared the alarm")})


@transaction.atomic
def clear_alarm(alarm: Alarm, *, by: Any) -> None:
    """Takes the alarm off the desk; it comes back while its cause remains. `by`: a person, as `record` takes one."""
    fresh = Alarm.objects.select_for_update(no_key=True).get(pk=alarm.pk)
    if not fresh.seal_holds():  # words that nobody wrote are not signed
        fresh.message, fresh.facts = gettext_noop("this alarm was put in or changed outside the site"), {}
    fresh.cleared_at, fresh.cleared_by_name = timezone.now(), by.full_name
    fresh.apply_seal()
    fresh.save()
    record("alarm.cleared", fresh, by=by, subject=fresh.subject, last_seen=fresh.last_seen)
