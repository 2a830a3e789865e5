"""What the ledger says is public; the patrol believes rows only where it agrees.

A row alone does not say so: its seal may be one that it carried before, or the row may be gone.
"""

import random
from collections.abc import Iterator

from articles.models import Article, Publication, Withdrawal
from articles.public.proof import PUBLICATION_VERBS
from ledger.models import Entry
from ledger.record import signature_holds
from workflow.verification.publications import SEALING_VERBS

WITHDRAWAL_VERB = "article.withdrawn"
DRAWS_PER_SAMPLE = 20  # entries looked at for each one that is wanted: few of them are about publishing


def newest_articles(count: int) -> list[int]:
    """Articles of the newest acts of publishing in the ledger, each once."""
    entries = Entry.objects.filter(verb__in=PUBLICATION_VERBS).order_by("-number")
    return _articles(entries.values_list("object_id", flat=True)[:count])


def newest_withdrawals(count: int) -> list[int]:
    """Articles of the newest withdrawals in the ledger, each once."""
    entries = Entry.objects.filter(verb=WITHDRAWAL_VERB).order_by("-number")
    return _articles(entries.values_list("object_id", flat=True)[:count])


def sampled_articles(count: int) -> list[int]:
    """Articles of some acts of publishing, picked at random over the whole ledger."""
    last = Entry.objects.order_by("-number").values_list("number", flat=True).first() or 0
    drawn = random.sample(range(1, last + 1), min(last, count * DRAWS_PER_SAMPLE))
    entries = Entry.objects.filter(number__in=drawn, verb__in=PUBLICATION_VERBS)
    return _articles(entries.values_list("object_id", flat=True)[:count])


def _articles(ids: "Iterator[str] | list[str]") -> list[int]:
    return list(dict.fromkeys(int(pk) for pk in ids))


def article_mismatches(article: int) -> Iterator[str]:
    """Where the publications and withdrawals of an article are not what the ledger says of them."""
    sealed: dict[int, str] = {}
    withdrawn: set[int] = set()
    entries = Entry.objects.filter(object_type=Article._meta.label_lower, object_id=str(article))
    for entry in entries.filter(verb__in=SEALING_VERBS).order_by("number"):
        if entry.compute_hash() != entry.hash or not signature_holds(entry):
            yield f"entry {entry.number} of the ledger was changed"
            continue
        sealed |= {int(number): digest for number, digest in entry.data.get("seals", {}).items()}
        if entry.verb == WITHDRAWAL_VERB:
            withdrawn.add(entry.data["publication"])
    rows = {found.number: found for found in Publication.objects.filter(article=article)}
    for number in sorted(sealed.keys() | rows.keys()):
        row = rows.get(number)
        if row is None:
            yield f"publication {number} stands in the ledger, but is gone"
        elif number not in sealed:
            yield f"the ledger does not have publication {number}"
        elif row.seal_holds() and row.sealed_digest() != sealed[number]:
            yield f"publication {number} is not sealed as the ledger says it was last; an earlier state was put back"
    notices = Withdrawal.objects.filter(publication__article=article).values_list("publication__number", flat=True)
    for number in sorted(withdrawn - set(notices)):
        yield f"publication {number} was withdrawn, but its notice is gone"


class RecordedRows:
    """Remembers for one walk which rows the ledger vouches for."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}

    def has(self, publication: Publication) -> bool:
        """Whether the row is sealed, and as the ledger says that it was last."""
        if publication.article_id not in self._known:
            self._known[publication.article_id] = not any(article_mismatches(publication.article_id))
        return self._known[publication.article_id] and publication.seal_holds()
