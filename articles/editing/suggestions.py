"""Suggestions for author and source from earlier revisions."""

from accounts.models import User
from articles.models import Revision

MAX_REVISIONS = 100  # of the person's latest texts
MAX_SUGGESTIONS = 12


def author_and_source_suggestions(person: User) -> dict[str, list[str]]:
    """`authors` and `sources` of the texts that the person had a hand in last, newest first, each once. One query."""
    texts = Revision.objects.filter(contributions__person=person, expunged_at=None).order_by("-pk")
    rows = list(texts.values_list("author", "source")[:MAX_REVISIONS])
    authors, sources = (dict.fromkeys(filter(None, column)) for column in zip(*rows, strict=True)) if rows else ({}, {})
    return {"authors": list(authors)[:MAX_SUGGESTIONS], "sources": list(sources)[:MAX_SUGGESTIONS]}
