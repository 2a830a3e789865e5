"""Checks of `verify` on people: superusers, active accounts and names match the ledger."""

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from accounts.registration import RECORDED_FIELDS
from ledger.models import Entry
from ledger.verification import register_verifier


@register_verifier
def verify_people() -> Iterator[str]:
    """Replays how people were made and changed, then compares. Passwords stand nowhere but in their hash."""
    facts: dict[str, dict[str, Any]] = {}
    entries = Entry.objects.filter(verb__in=["person.created", "person.changed"]).order_by("number")
    for entry in entries.iterator(chunk_size=2000):
        if entry.verb == "person.created":
            facts[entry.object_id] = dict(entry.data)
        else:
            after = {name: values[1] for name, values in entry.data.items()}
            facts.setdefault(entry.object_id, {}).update(after)
    for person in User.objects.order_by("pk").iterator(chunk_size=2000):
        known = facts.pop(str(person.pk), None)
        if known is None:
            yield f"person {person.pk} ({person}): made outside the site; the ledger has no such person"
            continue
        for name in RECORDED_FIELDS:
            if getattr(person, name) != known.get(name):
                yield f"person {person.pk} ({person}): {name} was changed outside the site"
    for pk, known in facts.items():
        yield f"person {pk} ({known.get('full_name')}): stands in the ledger, but is gone"
