"""Identity changes: actions by which one person could act as another, and who is told of them.

A superuser who makes an account, grants a right or a role, resets a password, or changes a name or an address could
afterwards decide in that person's place. Each such action leaves a sealed row (`accounts.models.IdentityChange`), which
waits until somebody else confirms it. The ledger entry of the act vouches for the row; `verify` compares both.

While a new installation is set up nothing is public, and no rows are made. The end of setup is one ledger entry.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.models import SETUP_ENDED_VERB, Entry

Listener = Callable[[uuid.UUID], None]
_listeners: list[Listener] = []

# Facts of a person that only a confirmed change makes count, and flags of which only the granting has to be confirmed.
CONFIRMED_FACTS = ("username", "full_name", "email")
CONFIRMED_FLAGS = ("is_active", "is_superuser")

# What stands beside a sign-off: a verb of the ledger → the words. `by` and `at` are filled in.
CHANGE_LABELS = {
    "person.created": gettext_lazy("account made by %(by)s on %(at)s"),
    "person.changed": gettext_lazy("name, address or rights changed by %(by)s on %(at)s"),
    "person.password_reset": gettext_lazy("password reset by %(by)s on %(at)s"),
    "role.granted": gettext_lazy("role granted by %(by)s on %(at)s"),
    "role.revoked": gettext_lazy("role taken away by %(by)s on %(at)s"),
    "delegation.granted": gettext_lazy("named as deputy by %(by)s on %(at)s"),
}


class ChangeState(models.TextChoices):
    OPEN = "open", gettext_lazy("waits for confirmation")
    CONFIRMED = "confirmed", gettext_lazy("confirmed")
    VOID = "void", gettext_lazy("taken back")
    NOTICE = "notice", gettext_lazy("needs no confirmation")


def register_listener(function: Listener) -> Listener:
    """Register a function that tells people of an act; it gets the act's id, in the transaction of the act."""
    _listeners.append(function)
    return function


def is_setup_over() -> bool:
    """Return whether the setup of this installation was ended. One query."""
    return Entry.objects.filter(verb=SETUP_ENDED_VERB).exists()


def note_change(
    entry: Entry,
    person: AbstractBaseUser,
    *,
    by: AbstractBaseUser | None,
    act: uuid.UUID | None = None,
    needs_confirmation: bool = True,
    ends_at: datetime | None = None,
) -> None:
    """Keep a sealed row of an identity change and tell those concerned. Does nothing during setup.

    `entry`: what the ledger says of it; `by`: None for the machine's own commands, which are told and not confirmed.
    `act`: given when several changes are told together; the caller then calls `tell`. `ends_at`: of a delegation.
    """
    if not is_setup_over():
        return
    waits = needs_confirmation and by is not None
    related: Any = person.identity_changes  # the model stands above this module
    change = related.model(
        person=person,
        entry=entry.number,
        verb=entry.verb,
        at=entry.time,
        by=by,
        by_name=by.full_name if by else "",
        state=ChangeState.OPEN if waits else ChangeState.NOTICE,
        ends_at=ends_at,
        act=act or uuid.uuid4(),
    )
    change.apply_seal()
    change.save()
    if act is None:
        tell(change.act)


def tell(act: uuid.UUID) -> None:
    """Tell those concerned of all changes of one act."""
    for listener in _listeners:
        listener(act)


def needs_confirmation(changes: dict[str, list[Any]]) -> bool:
    """Return whether somebody has to confirm these changes of a person: name → [before, after]."""
    return any(name in changes for name in CONFIRMED_FACTS) or any(
        changes[name][1] for name in CONFIRMED_FLAGS if name in changes
    )


def check_changes_people(by: AbstractBaseUser | None) -> None:
    """Refuse somebody whose own account waits for confirmation: nobody makes accounts through another account.

    Raises PermissionDenied. One query.
    """
    if by is None:
        return
    related: Any = by.identity_changes
    if waiting := related.open().exclude(by=by).first():
        raise PermissionDenied(
            _("%(change)s, and nobody has confirmed it yet. Until then you cannot change accounts or roles.")
            % {"change": change_label(waiting.verb, waiting.by_name, waiting.at)}
        )


def change_label(verb: str, by_name: str, at: datetime) -> str:
    """Return “account made by 李四 on 2026-05-01”."""
    label = CHANGE_LABELS.get(verb, gettext_lazy("changed by %(by)s on %(at)s"))
    return str(label) % {"by": by_name or _("the system"), "at": f"{timezone.localtime(at):%Y-%m-%d}"}


def unconfirmed_labels(changes: list[dict[str, str]]) -> list[str]:
    """Return the words for what stands beside a sign-off: dicts of what, by, at (IdentityChange.as_data)."""
    return [change_label(change["what"], change["by"], datetime.fromisoformat(change["at"])) for change in changes]
