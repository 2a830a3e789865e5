"""Checks of `verify` on people: superusers, active accounts and names match the ledger."""

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from accounts.registration import RECORDED_FIELDS, SEALING_VERBS
from ledger.models import Entry
from ledger.verification.checks import register_verifier


@register_verifier
def verify_people() -> Iterator[str]:
    """Each person is as the newest ledger entry says; a former password, put back with its seal, is named."""
    facts: dict[str, dict[str, Any]] = {}
    entries = Entry.objects.filter(verb__in=SEALING_VERBS).order_by("number")
    for entry in entries.iterator(chunk_size=2000):
        if entry.verb == "person.created":
            facts[entry.object_id] = dict(entry.data)
        else:
            after = {name: values[1] for name, values in entry.data.items() if name != "seal"}
            facts.setdefault(entry.object_id, {}).update(after, seal=entry.data.get("seal"))
    for person in User.objects.order_by("pk").iterator(chunk_size=2000):
        known = facts.pop(str(person.pk), None)
        if known is None:
            yield f"person {person.pk} ({person}): made outside the site; the ledger has no such person"
            continue
        changed = [name for name in RECORDED_FIELDS if getattr(person, name) != known.get(name)]
        if changed:
            yield f"person {person.pk} ({person}): {', '.join(changed)} was changed outside the site"
        elif not person.seal_holds():
            yield f"person {person.pk} ({person}): the seal does not hold; changed outside the site"
        elif person.sealed_digest() != known.get("seal"):
            yield f"person {person.pk} ({person}): is not as sealed last; an earlier state was put back"
    for pk, known in facts.items():
        yield f"person {pk} ({known.get('full_name')}): stands in the ledger, but is gone"
