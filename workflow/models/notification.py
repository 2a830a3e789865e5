"""Models of notifications and their deliveries: the outbox."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from articles.models import Article
from ledger.seals import Sealed
from workflow.models.round import Round


class NotificationEvent(models.TextChoices):
    """What happened. The words stand behind a name: “李四 returned it for changes”."""

    SUBMITTED = "submitted", _("submitted it for approval")
    TAKEN_BACK = "taken_back", _("took it back")
    APPROVED = "approved", _("approved it")
    RETURNED = "returned", _("returned it for changes")
    PUBLISHED = "published", _("signed it off")
    DISCARDED = "discarded", _("discarded it")
    UNSCHEDULED = "unscheduled", _("called off the schedule")
    WITHDRAWN = "withdrawn", _("withdrew it")
    HANDED_OVER = "handed_over", _("handed the step over")
    DRAFT_HANDED = "draft_handed", _("handed the draft to you")
    EMERGENCY = "emergency", _("published it in emergency, without approval")
    EMERGENCY_CONFIRMED = "emergency_confirmed", _("confirmed the emergency publication")
    EXPUNGING_ASKED = "expunging_asked", _("asked that it be expunged")
    # About people, not about an article (accounts.identity_changes).
    IDENTITY_CHANGED = "identity_changed", _("changed accounts or roles")
    IDENTITY_CONFIRMED = "identity_confirmed", _("confirmed an account")
    IDENTITY_OBJECTED = "identity_objected", _("objected to a change of an account")
    # These two stand alone.
    STRANDED = "stranded", _("waits for somebody who may decide, and there is nobody")
    OVERDUE = "overdue", _("waits for longer than its step allows")


PEOPLE_EVENTS = ("identity_changed", "identity_confirmed", "identity_objected")


class NotificationQuerySet(models.QuerySet["Notification"]):
    def create_sealed(self, notifications: Iterable["Notification"], *, ignore_existing: bool = False) -> None:
        """Seal and insert the rows. `ignore_existing`: a person who has a row of an act gets no other. One query."""
        rows = list(notifications)
        for row in rows:
            row.apply_seal()
        self.bulk_create(rows, ignore_conflicts=ignore_existing)

    def for_person(self, person: User) -> "NotificationQuerySet":
        return self.filter(person=person)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(Sealed):
    """One person is told of one act; without a person, the group chats behind WEBHOOK_URLS are.

    An act on accounts has no article; `subject` says whose accounts it is about. `former_email`: an
    address that was replaced, which is told too.

    No word of the article stands here: the title is looked up when it is shown or sent, so that expunging leaves none
    behind.

    The seal covers what it says, and neither the id, so that many are sealed before one statement inserts them, nor
    what becomes of it (`read_at`, `is_queued`). No row can be copied: of one act a person has one.
    """

    seal_kind = "notification"

    act = models.UUIDField(_("act"), help_text=_("The same for everybody who is told of one act."))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="notifications",
        verbose_name=_("person"),
    )
    event = models.CharField(_("event"), max_length=20, choices=NotificationEvent.choices)
    asks = models.BooleanField(_("asks for a decision"), default=False)
    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, null=True, related_name="notifications", verbose_name=_("article")
    )
    subject = models.CharField(_("about"), max_length=300, blank=True, help_text=_("Whose accounts."))
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, null=True, related_name="notifications", verbose_name=_("round")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who did it")
    )
    actor_name = models.CharField(_("name then"), max_length=50, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    former_email = models.EmailField(_("former e-mail"), blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)
    is_queued = models.BooleanField(_("queued for delivery"), default=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["person", "-id"], name="messages_of_a_person"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="unread_messages_of_a_person"),
            models.Index(fields=["id"], condition=Q(is_queued=False), name="messages_to_be_queued"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["act", "person"], name="each_person_is_told_once_of_an_act"),
            models.UniqueConstraint(
                fields=["act"], condition=Q(person=None), name="the_groups_are_told_once_of_an_act"
            ),
            models.CheckConstraint(condition=Q(event__in=NotificationEvent.values), name="event_is_known"),
            models.CheckConstraint(
                condition=Q(event__in=PEOPLE_EVENTS, article=None)
                | ~Q(event__in=PEOPLE_EVENTS) & Q(article__isnull=False, subject=""),
                name="a_message_is_about_an_article_or_about_accounts",
            ),
            models.CheckConstraint(
                condition=Q(actor=None, actor_name="") | Q(actor__isnull=False) & ~Q(actor_name=""),
                name="who_did_it_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.get_event_display()}".strip()

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "act": str(self.act),
            "person": self.person_id,
            "event": self.event,
            "asks": self.asks,
            "article": self.article_id,
            "subject": self.subject,
            "round": self.round_id,
            "actor": [self.actor_id, self.actor_name],
            "reason": self.reason,
            "former_email": self.former_email,
            "created": self.created_at,
        }


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    FORMER_EMAIL = "former", _("former e-mail")
    WEBHOOK = "webhook", _("webhook")


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("to be sent")
    SENT = "sent", _("sent")
    GIVEN_UP = "given_up", _("given up")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> "DeliveryQuerySet":
        """Those whose turn has come, the longest waiting first."""
        return self.filter(state=DeliveryState.PENDING, next_attempt_at__lte=at).order_by("next_attempt_at", "pk")

    def given_up(self) -> "DeliveryQuerySet":
        return self.filter(state=DeliveryState.GIVEN_UP)


class Delivery(Sealed):
    """One message on its way: by e-mail to the person, or to one group chat.

    The seal covers what goes where. How far it has come changes with each attempt and is not sealed.
    """

    seal_kind = "delivery"

    notification = models.ForeignKey(
        Notification, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("message")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    # Addresses of robots are secrets: of a webhook only a digest of its address is kept
    # (workflow.notifications.delivery).
    target = models.CharField(_("target"), max_length=16, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="deliveries_that_wait"),
            models.Index(fields=["state", "-id"], name="deliveries_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["notification", "channel", "target"], name="a_message_goes_once_each_way"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="channel_is_known"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="what_is_sent_says_when",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["email", "former"], target="") | Q(channel="webhook") & ~Q(target=""),
                name="a_webhook_and_nothing_else_has_a_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.notification_id}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "notification": self.notification_id,
            "channel": self.channel,
            "target": self.target,
        }
