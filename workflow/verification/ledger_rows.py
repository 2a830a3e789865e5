"""Read ledger entries of many articles in chunks, so that memory stays the same."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from articles.models import Article
from ledger.models import Entry

CHUNK_ROWS = 1000

T = TypeVar("T")


def chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def ledger_entries(articles: Iterable[int], verbs: Collection[str]) -> list[Entry]:
    """The entries of these articles with one of the verbs, in their order."""
    names = {str(article) for article in articles}
    found = Entry.objects.filter(object_type=Article._meta.label_lower, object_id__in=names, verb__in=verbs)
    return list(found.order_by("number"))


def last_entries(*verbs: str) -> dict[str, Entry]:
    """The last entry with one of the verbs, for each thing."""
    entries = Entry.objects.filter(verb__in=verbs).order_by("number").iterator(chunk_size=2000)
    return {entry.object_id: entry for entry in entries}
