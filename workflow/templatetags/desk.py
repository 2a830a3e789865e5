"""What the desk's home page shows of the workflow."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from articles.models import Article, Revision
from articles.reads import Day
from articles.sanitising import plain_text
from ledger.models import Alarm
from workflow.models import Delivery, Notification, Round
from workflow.states import Text, states_of

register = template.Library()

SHOWN = 8
NOBODY_SENDS_AFTER = timedelta(hours=1)


@register.simple_tag
def waiting_for(person: User) -> dict[str, Any]:
    """`count` of rounds that the person may decide now, and the first few `rounds`."""
    awaiting = Round.objects.awaiting(person)
    first = awaiting.select_related("revision", "article__department")[:SHOWN]
    return {"count": awaiting.count(), "rounds": list(first)}


@register.simple_tag
def work_of(person: User) -> dict[str, list[tuple[Article, Any]]]:
    """The person's own articles in hand, newest first: `returned`, `drafts`, `in_review`; each (article, title)."""
    mine = (
        Article.objects.in_use()
        .filter(revisions__contributions__person=person)
        .select_related("department")
        .distinct()
        .order_by("-pk")[:50]
    )
    found: dict[str, list[tuple[Article, Any]]] = {"returned": [], "drafts": [], "in_review": []}
    names = {Text.RETURNED: "returned", Text.DRAFT: "drafts", Text.IN_REVIEW: "in_review"}
    titles = _titles([article.pk for article in mine])
    for article, state in states_of(mine):
        if name := names.get(state.text):
            found[name].append((article, titles.get(article.pk, "")))
    return {name: rows[:SHOWN] for name, rows in found.items()}


def _titles(articles: list[int]) -> dict[int, str]:
    rows = Revision.objects.filter(article__in=articles).exclude(state="discarded").order_by("number")
    return dict(rows.values_list("article_id", "title"))


@register.simple_tag
def alarms(person: User) -> list[Alarm]:
    """Open integrity alarms, for superusers."""
    return list(Alarm.objects.all()[:SHOWN]) if person.is_superuser else []


@register.simple_tag
def unread_messages(person: User) -> int:
    return Notification.objects.of(person).unread().count()


@register.simple_tag
def undelivered(person: User) -> int:
    """How many messages of the last week were given up, for superusers."""
    since = timezone.now() - timedelta(days=7)
    recent = Delivery.objects.given_up().filter(next_attempt_at__gte=since)
    return recent.count() if person.is_superuser else 0


@register.simple_tag
def waiting_to_be_sent(person: User) -> datetime | None:
    """Since when the oldest message has waited, for superusers, when it is so long that nobody can be sending them."""
    if not person.is_superuser:
        return None
    before = timezone.now() - NOBODY_SENDS_AFTER
    has_somewhere_to_go = Q(person__is_active=True) & ~Q(person__email="")
    if settings.WEBHOOK_URLS:
        has_somewhere_to_go |= Q(person=None)
    fresh = Notification.objects.filter(has_somewhere_to_go, is_queued=False, created_at__lt=before)
    oldest = fresh.order_by("pk").values_list("created_at", flat=True).first()
    return oldest or Delivery.objects.due(before).values_list("next_attempt_at", flat=True).first()


@register.simple_tag(takes_context=True)
def site_identity(context: template.Context) -> Any:
    """The identity that portal.context.chrome gave. Django's sign-in pages lay a `site` of their own over it."""
    return next((layer["site"] for layer in context.dicts if "site" in layer), None)


@register.simple_tag
def bars_of(days: list[Day]) -> SafeString:
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


register.filter("plain", plain_text)
