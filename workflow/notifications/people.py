"""Notifications about accounts and roles, to the persons concerned and superusers."""

import uuid
from collections.abc import Collection, Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.identity_changes import register_listener
from accounts.models import IdentityChange, User
from ledger.models import Entry
from workflow.models import Notification, NotificationEvent
from workflow.notifications.recipients import MAX_REASON_CHARACTERS, superuser_ids

MAX_NAMES = 5  # of people in one message
MAX_LABELS = 6  # of changes in one message


@register_listener
def tell_of_changes(act: uuid.UUID) -> None:
    """Tell the persons concerned and all superusers of the identity changes of one act."""
    changes = list(IdentityChange.objects.filter(act=act).select_related("person", "by"))
    by = next((change.by for change in changes if change.by_id), None)
    notify(NotificationEvent.IDENTITY_CHANGED, changes, act=act, by=by)


def notify(
    event: NotificationEvent,
    changes: Collection[IdentityChange],
    *,
    act: uuid.UUID,
    by: User | None,
    reason: str = "",
) -> None:
    """Leave a row for everybody who is told, who did it included: their account may be in other hands.

    `changes`: of one person or, after an import, of many. Inside the transaction of the act.
    """
    entries = {entry.number: entry for entry in Entry.objects.filter(number__in=[change.entry for change in changes])}
    everybody = [change.person for change in changes]
    former: dict[int, str] = {}
    concerned: dict[int, list[User]] = {}  # somebody who is told → whose accounts it is about
    for change in changes:
        data = entries[change.entry].data
        concerned.setdefault(change.person_id, []).append(change.person)
        if "principal" in data:  # the leader whose deputy the person was made
            concerned.setdefault(data["principal"], []).append(change.person)
        if event == NotificationEvent.IDENTITY_CHANGED and isinstance(data.get("email"), list) and data["email"][0]:
            former[change.person_id] = data["email"][0]
    told: dict[int, str] = {pk: _joined_names(about) for pk, about in concerned.items()}
    actors = {change.by_id for change in changes if change.by_id} | ({by.pk} if by else set())
    told |= dict.fromkeys({*superuser_ids(), *actors}, _joined_names(everybody))
    active = User.objects.filter(pk__in=told, is_active=True).values_list("pk", flat=True)
    Notification.objects.create_sealed(
        Notification(
            act=act,
            person_id=pk,
            event=event,
            subject=told[pk],
            actor_id=by.pk if by else None,
            actor_name=by.full_name if by else "",
            reason=reason[:MAX_REASON_CHARACTERS],
            former_email=former.get(pk, ""),
        )
        for pk in active
    )


def _joined_names(people: Iterable[User]) -> str:
    """“张伟 (zhangwei)、李四 (lisi)”, and how many more."""
    names = list(dict.fromkeys(str(person) for person in people))
    more = len(names) - MAX_NAMES
    return _("、").join(names[:MAX_NAMES]) + (f" +{more}" if more > 0 else "")


def change_labels(notification: Notification) -> list[str]:
    """What was done, for the reader: all of it, or the part that is about their own account."""
    changes, reader = IdentityChange.objects.filter(act=notification.act), notification.person
    if not reader.is_superuser:
        changes = changes.filter(Q(person=reader) | Q(by=reader) | Q(verb="delegation.granted"))
    return list(dict.fromkeys(change.label for change in changes[:MAX_LABELS]))
