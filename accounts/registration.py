"""Save a new person with a ledger entry. Below the model, so that its manager can use it."""

from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from ledger.record import record

Person = TypeVar("Person", bound=AbstractBaseUser)

# The ledger has these of a new person, and the value before and after each change. Sign-in times are not recorded.
RECORDED_FIELDS = ("username", "full_name", "email", "phone", "is_active", "is_superuser")


def recorded_values(user: AbstractBaseUser) -> dict[str, Any]:
    return {name: getattr(user, name) for name in RECORDED_FIELDS}


@transaction.atomic
def save_new_user(user: Person, *, by: AbstractBaseUser | None) -> Person:
    """Save a person made by a form, password included, and record it. `by`: None for the system."""
    user.save()
    record("person.created", user, by=by, **recorded_values(user))
    return user
