"""Services on people: create, change, deactivate, reset a password; all in the ledger."""

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.full_names import check_full_name
from accounts.identity_changes import ChangeState, check_changes_people, needs_confirmation, note_change
from accounts.models import IdentityChange, User
from accounts.registration import RECORDED_FIELDS, recorded_values
from inputs.visible_text import validate_visible
from ledger import verbs
from ledger.models import Entry
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
        "person.sessions_ended": _("signed the person out on every device"),
        "person.unlocked": _("unlocked the sign-in of the person"),
    },
)


def create_user(*, username: str, password: str | None, by: User | None, **fields: Any) -> User:
    """Make a person; `fields` are full_name, email, phone, is_superuser, is_demonstration.

    Raises ValidationError for a full name that nobody sees.
    """
    validate_visible(fields.get("full_name", username))
    return User.objects.create_user(username, password, by=by, **fields)


@transaction.atomic
def change_user(user: User, *, by: User | None) -> None:
    """Save changed facts of a person, record each with its value before and after, and tell those concerned.

    Somebody who is deactivated, or stops or begins to be a superuser, is signed out on every device.
    Raises ValidationError for a name that somebody else has, and PermissionDenied when the account of `by` itself
    waits for confirmation (BrokenSeal if the stored person was changed outside the site).
    """
    check_changes_people(by)
    stored = User.objects.get(pk=user.pk)
    stored.check_seal()
    before = recorded_values(stored)
    changes = {name: [before[name], getattr(user, name)] for name in RECORDED_FIELDS}
    changes = {name: values for name, values in changes.items() if values[0] != values[1]}
    if changes.keys() & {"full_name", "is_active", "is_superuser"}:
        check_full_name(user)
    if not changes:
        return
    new = {name: values[1] for name, values in changes.items()}
    if new.keys() & {"is_active", "is_superuser"}:
        user.sessions_ended_at = new["sessions_ended_at"] = timezone.now()
    stored.update_sealed(**new)
    user.seal_key, user.seal_signature = stored.seal_key, stored.seal_signature
    entry = record("person.changed", user, by=by, **changes, seal=stored.sealed_digest())
    if changes.keys() - {"phone"}:
        waits = needs_confirmation(changes) and by != user
        note_change(entry, user, by=by, needs_confirmation=waits)


@transaction.atomic
def set_password(user: User, password: str | None, *, by: User | None) -> None:
    """Set a password (None: nobody signs in with it). A reset by somebody else than its owner is an identity change.

    Raises PermissionDenied when the account of `by` itself waits for confirmation (one's own password is free), and
    BrokenSeal if the stored person was changed outside the site.
    """
    if by != user:
        check_changes_people(by)
    stored = User.objects.get(pk=user.pk)
    stored.check_seal()
    user.set_password(password)
    stored.update_sealed(password=user.password)
    user.seal_key, user.seal_signature = stored.seal_key, stored.seal_signature
    if by == user:
        record("person.password_changed", user, by=by, seal=stored.sealed_digest())
        return
    entry = record("person.password_reset", user, by=by, seal=stored.sealed_digest())
    note_change(entry, user, by=by)


@transaction.atomic
def end_sessions(user: User, *, by: User) -> None:
    """Sign the person out on every device. Raises BrokenSeal if the stored person was changed outside the site."""
    stored = User.objects.get(pk=user.pk)
    stored.update_sealed(sessions_ended_at=timezone.now())
    user.sessions_ended_at = stored.sessions_ended_at
    user.seal_key, user.seal_signature = stored.seal_key, stored.seal_signature
    record("person.sessions_ended", user, by=by, seal=stored.sealed_digest())


@transaction.atomic
def record_unlock(user: User, *, by: User) -> None:
    """Somebody locked out by failed sign-ins was let in again."""
    record("person.unlocked", user, by=by)


def void_changes(verb: str, obj: Model) -> None:
    """Close the open change that the act `verb` on `obj`, a role or a delegation, made: it was taken back."""
    granted = Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk), verb=verb)
    waiting = IdentityChange.objects.filter(entry__in=granted.values("number"), state=ChangeState.OPEN)
    for change in waiting.select_for_update(no_key=True):
        change.close(ChangeState.VOID, timezone.now())
