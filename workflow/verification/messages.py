"""Verify remarks, quick phrases, notifications and their deliveries: each is as the site sealed it."""

from collections.abc import Iterator

from django.db.models import Q

from ledger.verification.checks import register_verifier
from ledger.verification.walks import walk
from workflow.models import Delivery, Notification, QuickPhrase, Remark


@register_verifier
def verify_remarks() -> Iterator[str]:
    """Each remark was made, withdrawn and settled by the site."""
    for remark in walk(Remark.objects.order_by("pk"), article="round__article"):
        if not remark.seal_holds():
            yield f"remark {remark.pk} (round {remark.round_id}): its seal does not hold; made or changed outside"


@register_verifier
def verify_quick_phrases() -> Iterator[str]:
    """Each phrase was saved by a superuser, or came with the site."""
    for phrase in QuickPhrase.objects.order_by("pk"):
        if not phrase.seal_holds():
            yield f"quick phrase {phrase.pk}: its seal does not hold; made or changed outside the site"


@register_verifier
def verify_notifications() -> Iterator[str]:
    """Each message says what the site told that person then, and goes where the site sends it."""
    for notification in walk(Notification.objects.order_by("pk"), article="article", also=Q(article=None)):
        if not notification.seal_holds():
            yield f"notification {notification.pk}: its seal does not hold; made or changed outside the site"
    about_accounts = Q(notification__article=None)
    for delivery in walk(Delivery.objects.order_by("pk"), article="notification__article", also=about_accounts):
        if not delivery.seal_holds():
            yield f"delivery {delivery.pk} (notification {delivery.notification_id}): its seal does not hold"
