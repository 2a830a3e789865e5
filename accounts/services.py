"""Services on people: create, change, deactivate, reset a password; all in the ledger."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.registration import RECORDED_FIELDS, recorded_values
from ledger import verbs
from ledger.record import record

verbs.register_verbs(
    "person",
    _("People"),
    {
        "person.created": _("made the person"),
        "person.changed": _("changed facts of the person"),
        "person.password_changed": _("changed the own password"),
        "person.password_reset": _("reset the password of the person"),
        "person.password_rehashed": _("signed in, and the site hashed the password again"),
        "person.unlocked": _("unlocked the sign-in of the person"),
    },
)


def create_user(*, username: str, password: str | None, by: User | None, **fields: Any) -> User:
    """Make a person; `fields` are full_name, email, phone, is_superuser, is_demonstration."""
    return User.objects.create_user(username, password, by=by, **fields)


@transaction.atomic
def change_user(user: User, *, by: User | None) -> None:
    """Save changed facts of a person and record each with its value before and after.

    Raises BrokenSeal when the stored person was changed outside the site.
    """
    stored = User.objects.get(pk=user.pk)
    stored.check_seal()
    before = recorded_values(stored)
    after = recorded_values(user)
    if changes := {name: [before[name], after[name]] for name in RECORDED_FIELDS if before[name] != after[name]}:
        stored.update_sealed(**{name: after[name] for name in changes})
        user.seal_key, user.seal_signature = stored.seal_key, stored.seal_signature
        record("person.changed", user, by=by, **changes, seal=stored.sealed_digest())


@transaction.atomic
def set_password(user: User, password: str | None, *, by: User | None) -> None:
    """Set a password (None: nobody signs in with it); a reset by somebody else has a verb of its own.

    Raises BrokenSeal when the stored person was changed outside the site.
    """
    stored = User.objects.get(pk=user.pk)
    stored.check_seal()
    user.set_password(password)
    stored.update_sealed(password=user.password)
    user.seal_key, user.seal_signature = stored.seal_key, stored.seal_signature
    verb = "person.password_changed" if by == user else "person.password_reset"
    record(verb, user, by=by, seal=stored.sealed_digest())


@transaction.atomic
def record_unlock(user: User, *, by: User) -> None:
    """Somebody locked out by failed sign-ins was let in again."""
    record("person.unlocked", user, by=by)
