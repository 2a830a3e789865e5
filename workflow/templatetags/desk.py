"""Template tags of the desk: home page, alarms, unread messages, health."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from articles.reads.counting import DailyReads
from articles.text.plain_text import plain_text
from ledger.heads.exceptions import RecordingStopped
from ledger.heads.recording import find_refusal, report
from ledger.models import Alarm
from ledger.monitoring import alarms
from workflow.desk import confirmations, home
from workflow.models import Delivery, Notification

register = template.Library()

MAX_ALARMS = 8
DELIVERY_STALLED_AFTER = timedelta(hours=1)


register.simple_tag(home.author_desk)
register.simple_tag(home.recent_decisions)
register.simple_tag(confirmations.count_to_confirm)
register.simple_tag(confirmations.own_changes)


@register.simple_tag
def awaiting_decision(person: User) -> dict[str, Any]:
    """`count` of rounds that the person may decide now, and the first few as `rows`."""
    count, rows = home.awaiting_decision(person)
    return {"count": count, "rows": rows}


@register.simple_tag
def month_report(request: HttpRequest) -> dict[str, Any] | None:
    """The month of a department, "all" or one that `department` of the address names; None for who decides nowhere."""
    mine = home.departments_decided_in(request.user)
    if not mine:
        return None
    asked = request.GET.get("department", "")
    chosen = next((one for one in mine if str(one.pk) == asked), mine[0] if len(mine) == 1 else None)
    return {"departments": mine, "chosen": chosen, "month": home.month_figures([chosen] if chosen else mine)}


@register.simple_tag
def site_health(person: User) -> home.SiteHealth | None:
    return home.site_health() if person.is_superuser else None


@register.simple_tag
def open_alarms(person: User) -> list[Alarm]:
    """Open integrity alarms, for superusers."""
    return alarms.open_alarms()[:MAX_ALARMS] if person.is_superuser else []


@register.simple_tag
def recording_refusal() -> RecordingStopped | None:
    """Why nothing can be recorded at present; None usually."""
    refusal = find_refusal()
    if refusal:
        report(refusal)
    return refusal


@register.simple_tag
def unread_message_count(person: User) -> int:
    return Notification.objects.for_person(person).unread().count()


@register.simple_tag
def undelivered_count(person: User) -> int:
    """How many messages of the last week were given up, for superusers."""
    since = timezone.now() - timedelta(days=7)
    recent = Delivery.objects.given_up().filter(next_attempt_at__gte=since)
    return recent.count() if person.is_superuser else 0


@register.simple_tag
def delivery_stalled_since(person: User) -> datetime | None:
    """Since when the oldest message has waited, for superusers, when it is so long that nobody can be sending them."""
    if not person.is_superuser:
        return None
    before = timezone.now() - DELIVERY_STALLED_AFTER
    has_somewhere_to_go = Q(person__is_active=True) & ~Q(person__email="")
    if settings.WEBHOOK_URLS:
        has_somewhere_to_go |= Q(person=None)
    fresh = Notification.objects.filter(has_somewhere_to_go, is_queued=False, created_at__lt=before)
    oldest = fresh.order_by("pk").values_list("created_at", flat=True).first()
    return oldest or Delivery.objects.due(before).values_list("next_attempt_at", flat=True).first()


@register.simple_tag(takes_context=True)
def site_identity(context: template.Context) -> Any:
    """Return the identity from the site context. Django's sign-in pages put a `site` of their own on top of it."""
    return next((layer["site"] for layer in context.dicts if "site" in layer), None)


@register.simple_tag
def read_bars(days: list[DailyReads]) -> SafeString:
    """A bar for each day, as a drawing; the figures stand in the table beside it."""
    highest = max([1, *(day.count for day in days)])
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="8" height="{}"><title>{} · {}</title></rect>',
        (
            (10 * place + 1, 60 - height, height, day.day.isoformat(), day.count)
            for place, day in enumerate(days)
            for height in [max(1, round(58 * day.count / highest))]
        ),
    )
    return format_html('<svg viewBox="0 0 {} 60" aria-hidden="true" focusable="false">{}</svg>', 10 * len(days), drawn)


register.filter("plain_text", plain_text)
