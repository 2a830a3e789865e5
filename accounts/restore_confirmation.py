"""Who may confirm that a restored database is accepted: superusers by the ledger, with their password."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from ledger.heads.restores import RESTORE_OBJECT_TYPE, RESTORE_VERB, RestoreRefused
from ledger.models import Entry
from ledger.verification.checks import register_verifier

PERSON_VERBS = ("person.created", "person.changed")


def check_confirmation(username: str, password: str) -> User:
    """Return the person who confirms. Raises RestoreRefused, in the same words for a wrong name and a wrong password.

    The row could come from somebody who prepared the database. So its seal, which covers the password hash, must hold,
    and the ledger must say that the person is a superuser.
    """
    person = User.objects.filter(username=username).first()
    if person is None or not person.check_password(password):
        raise RestoreRefused(_("User name and password do not match."))
    facts = recorded_facts(person.pk)
    is_recorded = facts.get("username") == person.username and facts.get("full_name") == person.full_name
    is_superuser = _is_superuser(facts) and person.is_active and person.is_superuser
    if not (is_recorded and is_superuser and person.seal_holds()):
        raise RestoreRefused(
            _("%(person)s may not confirm: the ledger does not have them as an active superuser.") % {"person": person}
        )
    return person


def recorded_facts(person: int, *, before: int | None = None) -> dict[str, Any]:
    """What the ledger says of a person by id: the values of accounts.registration.RECORDED_FIELDS.

    `before`: number of an entry; what was recorded from it on does not count.
    """
    entries = Entry.objects.filter(object_type=User._meta.label_lower, object_id=str(person), verb__in=PERSON_VERBS)
    facts: dict[str, Any] = {}
    for entry in (entries.filter(number__lt=before) if before else entries).order_by("number"):
        if entry.verb == "person.created":
            facts = dict(entry.data)
        else:
            facts.update({name: values[1] for name, values in entry.data.items()})
    return facts


def _is_superuser(facts: dict[str, Any]) -> bool:
    return facts.get("is_superuser") is True and facts.get("is_active") is True


@register_verifier
def verify_restores() -> Iterator[str]:
    """Two people who were superusers at that moment confirmed each accepted restore."""
    for entry in Entry.objects.filter(object_type=RESTORE_OBJECT_TYPE, verb=RESTORE_VERB):
        confirmed = {person["id"]: person["name"] for person in entry.data["confirmed"]}
        facts = {person: recorded_facts(person, before=entry.number) for person in confirmed}
        rightful = [
            person for person in confirmed
            if _is_superuser(facts[person]) and facts[person]["full_name"] == confirmed[person]
        ]  # fmt: skip
        if len(rightful) < 2:
            yield f"ledger entry {entry.number}: a restore was accepted without two superusers"
