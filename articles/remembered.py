"""What somebody wrote into a field before, to be offered again."""

from accounts.models import User
from articles.models import Revision

LOOKED_AT = 100  # of the person's latest texts
OFFERED = 12


def remembered(person: User) -> dict[str, list[str]]:
    """`authors` and `sources` of the texts that the person had a hand in last, newest first, each once. One query."""
    texts = Revision.objects.filter(contributions__person=person, expunged_at=None).order_by("-pk")
    rows = list(texts.values_list("author", "source")[:LOOKED_AT])
    authors, sources = (dict.fromkeys(filter(None, column)) for column in zip(*rows, strict=True)) if rows else ({}, {})
    return {"authors": list(authors)[:OFFERED], "sources": list(sources)[:OFFERED]}
