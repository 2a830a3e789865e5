"""Confirming what was done to somebody's account, or objecting to it."""

import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identity_changes import ChangeState
from accounts.models import IdentityChange, User
from departments import permissions
from departments.exceptions import NotAllowed, WrongState
from ledger import verbs
from ledger.record import record
from workflow.actions.context import require_reason
from workflow.models import NotificationEvent
from workflow.notifications import people
from workflow.rules.unconfirmed import confirmers, may_object

verbs.register_verbs(
    "account",
    gettext_lazy("Accounts"),
    {
        "account.confirmed": gettext_lazy("confirmed the account of the person"),
        "account.objected": gettext_lazy("objected to a change of the person's account"),
    },
)


def confirm(person: User, by: User, entries: Collection[int], words: str) -> None:
    """Confirm what was done to the account of `person`. `entries`: the ledger entries of the changes that were seen.

    `words` say how it was checked. Raises NotAllowed for who did it, the person, and everybody else who may not; and
    WrongState when nothing of it waits any more.
    """
    with transaction.atomic():
        changes = _waiting_changes(person, by, entries)
        for change in changes:
            if not confirmers(change).filter(pk=by.pk).exists():
                raise NotAllowed(
                    _("%(change)s: this is confirmed by a second superuser, or by somebody who already decides there.")
                    % {"change": change.label}
                )
        words, at = require_reason(words), timezone.now()
        for change in changes:
            change.close(ChangeState.CONFIRMED, at, by)
        act = uuid.uuid4()
        people.notify(NotificationEvent.IDENTITY_CONFIRMED, changes, act=act, by=by, reason=words)
        record("account.confirmed", person, by=by, changes=[change.entry for change in changes], words=words)


def object_to(person: User, by: User, entries: Collection[int], words: str) -> None:
    """Say that what was done to the account of `person` is not right. It stays unconfirmed; all superusers are told.

    Allowed to the person and to everybody who may confirm. Raises NotAllowed and WrongState as `confirm` does.
    """
    with transaction.atomic():
        changes = _waiting_changes(person, by, entries)
        for change in changes:
            if not may_object(by, change):
                raise NotAllowed(_("Only the person and those who may confirm the account can object."))
        words = require_reason(words)
        people.notify(NotificationEvent.IDENTITY_OBJECTED, changes, act=uuid.uuid4(), by=by, reason=words)
        record("account.objected", person, by=by, changes=[change.entry for change in changes], words=words)


def _waiting_changes(person: User, by: User, entries: Collection[int]) -> list[IdentityChange]:
    """Lock the person's account, and return those of the changes that still wait. Raises NotAllowed and WrongState."""
    permissions.check_signed_in(by)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    changes = list(IdentityChange.objects.open().filter(person=person, entry__in=entries).select_related("person"))
    if not changes:
        raise WrongState(_("Nothing of this account waits for confirmation any more."))
    if not all(change.seal_holds() for change in changes):
        raise NotAllowed(_("What was done to an account here was changed outside the site. Ask a superuser."))
    return changes
