"""The inbox 消息 of one person on the desk."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import permissions
from ledger.monitoring.alarms import intact_rows
from workflow.models import Notification
from workflow.notifications import messages, people
from workflow.rules.eligible_deciders import rounds_awaiting

PAGE_SIZE = 30


def inbox_context(request: HttpRequest) -> dict[str, Any]:
    """The person's messages, newest first, each with the title that it is about.

    Without those that were changed or put in outside the site.
    """
    mine = Notification.objects.for_person(request.user)
    shown = Paginator(mine.select_related("article__department"), PAGE_SIZE).get_page(request.GET.get("page"))
    found = intact_rows(shown)
    titles, waiting = messages.titles(found, request.user), messages.awaiting_round_ids(found, request.user)
    return {
        "title": _("Messages"),
        "page": shown,
        "rows": [
            {
                "message": one,
                "title": one.subject or titles[one.pk],
                "changes": people.change_labels(one) if one.article_id is None else [],
                "sentence": messages.sentence(one),
                "awaits_decision": one.asks and one.round_id in waiting,
            }
            for one in found
        ],
        "unread": mine.unread().count(),
        "newest": mine.values_list("pk", flat=True).first() or 0,
    }


def open_message(request: HttpRequest, pk: int) -> str | None:
    """Marks a message as read and returns the address that it leads to; None when the person may not go there.

    Raises BrokenSeal for a message that was changed or put in outside the site.
    """
    found = get_object_or_404(
        Notification.objects.for_person(request.user).select_related("article__department", "round"), pk=pk
    )
    found.check_seal()
    Notification.objects.for_person(request.user).unread().filter(pk=pk).update(read_at=timezone.now())
    if found.article_id is None:
        return reverse("admin:accounts_identitychange_changelist")
    if found.round_id and rounds_awaiting(request.user).filter(pk=found.round_id).exists():
        return reverse("admin:workflow_round_review", args=[found.round_id])
    if permissions.can_see(request.user, found.article.department):
        return reverse("admin:articles_article_overview", args=[found.article_id])
    return None


def mark_all_read(request: HttpRequest) -> int:
    """Marks as read what the person has had before them: up to the message that was the newest on their page."""
    newest = request.POST.get("newest", "")
    seen = (
        Notification.objects.for_person(request.user).unread().filter(pk__lte=int(newest) if newest.isdecimal() else 0)
    )
    return seen.update(read_at=timezone.now())
