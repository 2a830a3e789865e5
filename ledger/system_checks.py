"""Django system checks: missing triggers and untrusted signing keys."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 (Django's own name for it)
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from ledger import guards, keys


def guards_are_present(*, databases: list[str] | None = None, **_: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias in databases or []:
        try:
            absent = guards.missing_guards(connections[alias])
        except OperationalError as error:
            return [Warning(f"The database {alias} could not be asked for its triggers: {error}", id="ledger.W001")]
        messages += [
            # Not an error: 'migrate' runs the checks first, and is what puts the triggers back.
            Warning(
                f"The trigger {name} is missing from the database {alias} or was changed.",
                hint="Run 'manage.py migrate', which puts it back, then 'manage.py verify'.",
                id="ledger.W002",
            )
            for name in absent
        ]
    return messages


def signing_key_is_trusted(**_: Any) -> list[CheckMessage]:
    if not settings.SIGNING_KEY_FILE.exists():
        return []  # a machine that only reads; signing itself says what is missing
    try:
        own = keys.key_id(keys.signing_key().public_key())
        trusted = own in keys.trusted_keys()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="ledger.E002")]
    if trusted:
        return []
    return [
        Error(
            f"The public key {own} of {settings.SIGNING_KEY_FILE} is not in {settings.TRUSTED_KEYS_DIR}: "
            "nothing that this site signs would be believed.",
            hint="Run 'manage.py signing_key --create-if-missing'.",
            id="ledger.E003",
        )
    ]
