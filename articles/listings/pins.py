"""Pins 置顶: a placement counts as pinned only while the ledger says so."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from articles.caching.memo import memoize_by_version
from articles.models import Article, Placement
from departments.models import Department
from ledger.canonical_json import canonical_timestamp
from ledger.models import Entry
from ledger.monitoring.alarms import raise_alarm
from ledger.record import signature_holds

PIN_VERBS = ("article.pinned", "article.moved")  # a move takes an article down


def recorded_pins(placements: Iterable[Placement], department: Department, now: datetime) -> list[Placement]:
    """Those of the pinned placements of a department that the ledger has as pinned; raises an alarm for the others.

    One query after each change in the department, none else.
    """
    recorded = memoize_by_version(("pins", department.pk), lambda: _last_pins(department, now), department.pk)
    found = []
    for placement in placements:
        if recorded.get(placement.article_id) == canonical_timestamp(placement.pinned_until):
            found.append(placement)
        else:
            raise_alarm(f"placement {placement.pk}", gettext_noop("pinned, but the ledger does not say so; left out"))
    return found


def _last_pins(department: Department, now: datetime) -> dict[int, str]:
    """Article → until when, as the last signed entry about its pin says."""
    pinned = Placement.objects.filter(department=department, pinned_until__gt=now)
    articles = pinned.values(name=Cast("article_id", CharField()))
    entries = Entry.objects.filter(object_type=Article._meta.label_lower, object_id__in=articles, verb__in=PIN_VERBS)
    return {
        int(entry.object_id): entry.data.get("until")
        for entry in entries.order_by("number")
        if entry.compute_hash() == entry.hash and signature_holds(entry)
    }
