"""Checks of `verify` on letters: seals hold, and each was sealed last as the ledger says."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from feedback.letter_actions import VERBS
from feedback.models import Letter, LetterState
from ledger.models import Entry
from ledger.verification.checks import register_verifier

CHUNK_ROWS = 500


@register_verifier
def verify_letters() -> Iterator[str]:
    """Each letter and its answer are what was sealed, and no earlier state was put back.

    The ledger has no entry of a letter that came in, only of what was done with it.
    """
    letters = Letter.objects.order_by("pk").iterator(chunk_size=CHUNK_ROWS)
    while chunk := list(islice(letters, CHUNK_ROWS)):
        names = [str(letter.pk) for letter in chunk]
        entries = Entry.objects.filter(object_type=Letter._meta.label_lower, object_id__in=names)
        sealed = {
            entry.object_id: entry.data.get("seal")
            for entry in entries.filter(verb__in=VERBS.values()).order_by("number")
        }
        for letter in chunk:
            if not letter.seal_holds():
                yield f"letter {letter.pk}: its seal does not hold; it or its answer was changed outside the site"
            elif str(letter.pk) not in sealed:
                if letter.state != LetterState.NEW:
                    yield f"letter {letter.pk}: the ledger does not have what was done with it"
            elif sealed[str(letter.pk)] != letter.sealed_digest():
                yield f"letter {letter.pk}: sealed once, but not as the ledger says it was last"


@register_verifier
def verify_letters_are_nameless() -> Iterator[str]:
    """No name or contact that was erased stands there again: the seal from before it is a good one."""
    entries = Entry.objects.filter(verb="letters.forgotten").values_list("data", flat=True)
    erased = [datetime.fromisoformat(data["before"]) for data in entries]
    if erased:
        for letter in Letter.objects.resolved_before(max(erased)).exclude(name="", contact="").order_by("pk"):
            yield f"letter {letter.pk}: name and contact were erased, but stand there again"


@register_verifier
def verify_letters_are_there() -> Iterator[str]:
    """No letter that somebody dealt with is gone."""
    entries = Entry.objects.filter(verb__in=VERBS.values()).order_by("number").values_list("object_id", flat=True)
    recorded = entries.iterator(chunk_size=CHUNK_ROWS)
    while chunk := set(islice(recorded, CHUNK_ROWS)):
        present = Letter.objects.filter(pk__in=[int(pk) for pk in chunk]).values_list("pk", flat=True)
        for pk in sorted(chunk - set(map(str, present))):
            yield f"letter {pk}: stands in the ledger, but is gone"
