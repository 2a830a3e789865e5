"""Delivery of notifications by e-mail and group chat webhooks, with retries.

Every message arrives at least once. What fails is tried again after 1, 2, 4 … 60 minutes, and given up after about a
day. Any number of processes may do this at once; none sends what another has in hand.
"""

import hashlib
import json
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ledger.monitoring.alarms import intact_rows
from workflow.models import Channel, Delivery, DeliveryState, Notification
from workflow.notifications import messages

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 30  # with the pauses between them, about a day
MAX_PAUSE_MINUTES = 60  # minutes
LEASE_DURATION = timedelta(minutes=5)  # a process that died with a message in hand lets go of it after this
WEBHOOK_TIMEOUT_SECONDS = 5  # seconds
MAX_FAILURES_IN_A_ROW = 3  # failures in a row after which a run leaves a mail server or a robot alone
NOTIFICATIONS_PER_BATCH = 500


class Undeliverable(Exception):
    """There is nobody to send it to any more, or it is not what the site wrote: no further attempt will help."""


class DeliveryRefused(OSError):
    """The other side answered, but did not take the message."""


@dataclass
class DeliveryCounts:
    sent: int = 0
    failed: int = 0
    given_up: int = 0


def deliver() -> DeliveryCounts:
    """Sends everything that is due. Returns how much was sent, failed and was given up."""
    queue_deliveries()
    started, outcome, failures = timezone.now(), DeliveryCounts(), Counter()
    with translation.override(settings.LANGUAGE_CODE):
        while delivery := _claim_delivery(
            started, [way for way, count in failures.items() if count >= MAX_FAILURES_IN_A_ROW]
        ):
            way = (delivery.channel, delivery.target)
            try:
                _send(delivery)
            except Undeliverable as error:
                _give_up(delivery, str(error))
                outcome.given_up += 1
            except (OSError, HTTPException, ValueError) as error:  # SMTPException and URLError are OSErrors
                failures[way] += 1
                outcome.failed += 1
                outcome.given_up += _handle_failure(delivery, error)
            else:
                failures[way] = 0
                _record_attempt(delivery, state=DeliveryState.SENT, sent_at=timezone.now(), last_error="")
                outcome.sent += 1
    return outcome


# From notifications to deliveries.


def queue_deliveries() -> None:
    """Makes the deliveries of notifications that have none yet: one by e-mail, or one for each group chat."""
    while _queue_batch():
        pass


@transaction.atomic
def _queue_batch() -> int:
    fresh = Notification.objects.filter(is_queued=False).order_by("pk").select_related("person")
    if connection.features.has_select_for_update_skip_locked:
        fresh = fresh.select_for_update(skip_locked=True, of=("self",))
    batch = list(fresh[:NOTIFICATIONS_PER_BATCH])
    robots = [webhook_digest(url) for url in settings.WEBHOOK_URLS]
    deliveries = []
    for found in batch:
        if found.person_id is None:
            deliveries += [Delivery(notification=found, channel=Channel.WEBHOOK, target=robot) for robot in robots]
        elif found.person.is_active and found.person.email:
            deliveries.append(Delivery(notification=found, channel=Channel.EMAIL))
        if found.former_email:  # who took over somebody's address must not be the only one to hear of it
            deliveries.append(Delivery(notification=found, channel=Channel.FORMER_EMAIL))
    for delivery in deliveries:
        delivery.apply_seal()
    # SQL may have set `is_queued` back; that must not keep all other messages from being sent.
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    Notification.objects.filter(pk__in=[found.pk for found in batch]).update(is_queued=True)
    return len(batch)


def webhook_digest(url: str) -> str:
    """What is kept of a robot's address, which is a secret."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


# One delivery.


def _claim_delivery(at: datetime, skipped_targets: list[tuple[str, str]]) -> Delivery | None:
    """What has been due for longest at `at`, for this process alone until the lease ends; the attempt counts."""
    while True:
        with transaction.atomic():
            due = Delivery.objects.due(at)
            for channel, target in skipped_targets:
                due = due.exclude(channel=channel, target=target)
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            found = due.first()
            if found is None:
                return None
            # Guarded, because SQLite knows no row locks: of two processes one alone changes the row as it was read.
            same = Delivery.objects.filter(pk=found.pk, state=found.state, next_attempt_at=found.next_attempt_at)
            claimed = same.update(next_attempt_at=timezone.now() + LEASE_DURATION, attempts=F("attempts") + 1)
        if claimed:
            related = ("notification__person", "notification__article__department", "notification__round")
            return Delivery.objects.select_related(*related).get(pk=found.pk)


def _send(delivery: Delivery) -> None:
    if len(intact_rows([delivery, delivery.notification])) < 2:
        raise Undeliverable(_("It was changed or put in outside the site."))
    if delivery.attempts > MAX_ATTEMPTS:  # it never came back from any of them
        raise Undeliverable(delivery.last_error or _("Every attempt broke off."))
    if delivery.channel == Channel.EMAIL:
        person = delivery.notification.person
        if not (person.is_active and person.email):
            raise Undeliverable(_("The person is deactivated, or has no address any more."))
        _send_email(delivery, person.email)
    elif delivery.channel == Channel.FORMER_EMAIL:
        _send_email(delivery, delivery.notification.former_email)
    else:
        _post_webhook(delivery)


def _send_email(delivery: Delivery, address: str) -> None:
    if not settings.HAS_MAIL_SERVER:
        raise DeliveryRefused(_("No mail server is set (EMAIL_URL)."))
    notification = delivery.notification
    subject, body = messages.email_message(notification)
    # The same at each attempt, so that a mail system can tell a repetition.
    way = "" if delivery.channel == Channel.EMAIL else f".{delivery.channel}"
    number = f"<{notification.act}.{notification.pk}{way}@{urlsplit(settings.SITE_URL).hostname}>"
    headers = {"Message-ID": number, "Auto-Submitted": "auto-generated"}
    if not EmailMessage(subject, body, to=[address], headers=headers).send():
        raise DeliveryRefused("the mail server took nothing")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_options: Any) -> None:
        """A robot does not send us elsewhere; the redirect is the error that it is."""


_opener = build_opener(_NoRedirect)


def _post_webhook(delivery: Delivery) -> None:
    url = next((url for url in settings.WEBHOOK_URLS if webhook_digest(url) == delivery.target), None)
    if url is None:
        raise Undeliverable(_("This address does not stand in WEBHOOK_URLS any more."))
    message = {"msgtype": "text", "text": {"content": messages.chat_message(delivery.notification)}}
    request = Request(  # noqa: S310 (portal.settings lets http and https in only)
        url,
        data=json.dumps(message, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    with _opener.open(request, timeout=WEBHOOK_TIMEOUT_SECONDS) as response:
        answer = response.read(10_000)
    # Both kinds of robots answer 200 also when they refuse, and say so by `errcode`.
    try:
        said = json.loads(answer)
    except ValueError:
        return
    if isinstance(said, dict) and said.get("errcode"):
        raise DeliveryRefused(f"errcode {said['errcode']}: {said.get('errmsg', '')}")


def _handle_failure(delivery: Delivery, error: Exception) -> bool:
    """Puts the next attempt off, or gives up, which is returned."""
    words = _error_text(error)
    if delivery.attempts >= MAX_ATTEMPTS:
        _give_up(delivery, words)
        return True
    logger.warning("delivery %s by %s failed: %s", delivery.pk, delivery.channel, words)
    _record_attempt(delivery, last_error=words, next_attempt_at=timezone.now() + retry_delay(delivery.attempts))
    return False


def _give_up(delivery: Delivery, words: str) -> None:
    logger.error("delivery %s by %s given up: %s", delivery.pk, delivery.channel, words)
    _record_attempt(delivery, state=DeliveryState.GIVEN_UP, last_error=words[:300])


def _error_text(error: Exception) -> str:
    """The error without what an address may hold, such as a robot's key."""
    words = f"{type(error).__name__}: {error}"
    for url in settings.WEBHOOK_URLS:
        words = words.replace(url, "…")
    return words[:300]


def retry_delay(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, an hour at the most."""
    return timedelta(minutes=min(2 ** (attempts - 1), MAX_PAUSE_MINUTES))


def _record_attempt(delivery: Delivery, **changes: Any) -> None:
    """Writes how the attempt ended, unless the lease has run out and another process has taken the message over."""
    mine = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.PENDING)
    mine.update(**changes)


def retry_given_up(deliveries: QuerySet[Delivery]) -> int:
    """Lets given-up messages be sent once more from the beginning; returns how many."""
    again = {"state": DeliveryState.PENDING, "attempts": 0, "next_attempt_at": timezone.now()}
    return deliveries.given_up().update(**again)
