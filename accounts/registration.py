"""Save a new person with a ledger entry. Below the model, so that its manager can use it."""

import uuid
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from accounts.full_names import check_full_name
from accounts.identity_changes import check_changes_people, note_change
from ledger.record import record
from ledger.seals import SEAL_FIELDS

Person = TypeVar("Person", bound=AbstractBaseUser)

# The ledger has these of a new person, and the value before and after each change. Sign-in times are not recorded.
RECORDED_FIELDS = ("username", "full_name", "email", "phone", "is_active", "is_superuser")


def recorded_values(user: AbstractBaseUser) -> dict[str, Any]:
    return {name: getattr(user, name) for name in RECORDED_FIELDS}


# After each of these the person carries a new seal; the entry holds the digest of what it covers.
SEALING_VERBS = (
    "person.created",
    "person.changed",
    "person.password_changed",
    "person.password_reset",
    "person.password_rehashed",
    "person.sessions_ended",
)


@transaction.atomic
def save_new_user(user: Person, *, by: AbstractBaseUser | None, act: uuid.UUID | None = None) -> Person:
    """Save a person made by a form, password included, and record it. `by`: None for the system.

    `act`: of several changes that are told together (accounts.identity_changes). Raises ValidationError for a name
    that somebody else has, and PermissionDenied when the account of `by` itself waits for confirmation.
    """
    check_changes_people(by)
    check_full_name(user)
    user.save()
    user.apply_seal()
    user.save(update_fields=SEAL_FIELDS)
    entry = record("person.created", user, by=by, **recorded_values(user), seal=user.sealed_digest())
    note_change(entry, user, by=by, act=act)
    return user


def record_rehash(user: Person) -> None:
    """Record that the site hashed the person's password again at sign-in. In the transaction of the change."""
    record("person.password_rehashed", user, by=user, seal=user.sealed_digest())
