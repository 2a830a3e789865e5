"""Texts of notifications: on the desk, by e-mail, in group chats."""

from collections.abc import Collection

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from articles.models import Article, Revision
from workflow.models import Notification, NotificationEvent
from workflow.notifications.people import change_labels
from workflow.rules.eligible_deciders import rounds_awaiting
from workflow.rules.revision_text import shown_title, with_titles

# 企业微信 takes 2,048 bytes of text; longer ones are refused whole.
MAX_CHAT_MESSAGE_BYTES = 2000  # bytes of UTF-8


def titles(notifications: Collection[Notification], person: User | None) -> dict[int, str]:
    """Id of the notification → title now, as far as the person may see the article (None: the group chats may).

    Without a title are what has been expunged, and what the person has no role for any more.
    """
    shown = Article.objects.filter(pk__in={found.article_id for found in notifications})
    if person:
        shown = shown.visible_to(person)
    articles = set(shown.values_list("pk", flat=True))
    if hidden := [found for found in notifications if found.asks and found.article_id not in articles]:
        # A deputy, or somebody to whom a step was handed, may decide without a role there.
        waiting = awaiting_round_ids(hidden, person)
        articles |= {found.article_id for found in hidden if found.round_id in waiting}
    revisions = with_titles(Revision.objects.filter(article__in=articles).exclude(state="discarded"))
    newest = {revision.article_id: revision for revision in revisions.order_by("number")}
    shown = {pk: shown_title(revision) for pk, revision in newest.items()}
    return {found.pk: shown.get(found.article_id, "") for found in notifications}


def awaiting_round_ids(notifications: Collection[Notification], person: User) -> set[int]:
    """Ids of the rounds among those asked about that wait for the person still."""
    asked = [found.round_id for found in notifications if found.asks]
    return set(rounds_awaiting(person).filter(pk__in=asked).order_by().values_list("pk", flat=True))


def sentence(notification: Notification) -> str:
    """Who did what, e.g. “李四 returned it for changes”; or what is the matter."""
    if notification.event in (NotificationEvent.STRANDED, NotificationEvent.OVERDUE):
        return notification.get_event_display()
    return _("%(name)s %(did)s") % {
        "name": notification.actor_name or _("the system"),
        "did": notification.get_event_display(),
    }


def headline(notification: Notification, title: str) -> str:
    """One line: what it is about, and what happened or is asked."""
    if notification.article_id is None:
        title = notification.subject
    title = " ".join(title.split()) or _("article %(number)d") % {"number": notification.article_id}
    if notification.asks:
        return _("For your decision: %(title)s") % {"title": title}
    return _("%(title)s: %(sentence)s") % {"title": title, "sentence": sentence(notification)}


def email_message(notification: Notification) -> tuple[str, str]:
    """(subject, body) for the person, as plain text."""
    title = titles([notification], notification.person)[notification.pk]
    subject = "【{}】{}".format(_("Qianfa"), headline(notification, title))
    link = settings.SITE_URL + reverse("admin:workflow_notification_open", args=[notification.pk])
    parts = [
        _("%(name)s,") % {"name": notification.person.full_name},
        "\n".join([headline(notification, title), *_detail_lines(notification)]),
        _("Open it here: %(link)s") % {"link": link},
        _("This message was sent by the site; nobody reads what is answered to it."),
    ]
    return subject, "\n\n".join(parts) + "\n"


def chat_message(notification: Notification) -> str:
    """Text for a group chat, cut where the robots' limit is. It begins with the keyword that a robot may ask for."""
    title = titles([notification], None)[notification.pk]
    link = settings.SITE_URL + reverse("admin:articles_article_overview", args=[notification.article_id])
    head = "【{}】{}".format(_("Qianfa"), headline(notification, title))
    room = MAX_CHAT_MESSAGE_BYTES - len(f"\n{link}".encode())
    text = "\n".join([head, *_detail_lines(notification)]).encode()[:room].decode(errors="ignore")
    return f"{text}\n{link}"


def _detail_lines(notification: Notification) -> list[str]:
    if notification.article_id is None:
        lines = change_labels(notification)
    else:
        lines = [_("Department: %(department)s") % {"department": notification.article.department}]
    if notification.asks:
        lines.append(sentence(notification))
    if notification.reason:
        lines.append(_("Reason: %(reason)s") % {"reason": notification.reason})
    return lines
