"""Comparison of the public search index with the texts that it was made from, for `verify`."""

from collections.abc import Sequence

from django.db import connection

from articles.models import Publication
from articles.search import partitions
from articles.search.index import PUBLIC_INDEX, index_tokens
from articles.search.tokenizer import MAX_PARTS_PER_TEXT, tokenize_parts

Key = tuple[int, int]  # id of the publication, number of the part


def wrongly_indexed(publications: Sequence[Publication]) -> list[Publication]:
    """Those, with their `revision` at hand, of which the public index does not hold exactly their words."""
    layouts, stored = partitions.layouts(), _stored_tokens([one.pk for one in publications])
    lines: dict[Key, str] = {}
    for one in publications:
        numbers = [partitions.number_for_date(one.dated, layout) for layout in layouts]
        for part, pairs in tokenize_parts(one.title, one.revision):
            number, _tokens = stored.get((one.pk, part), (None, ""))
            # In no partition where its date puts it, a part is wrong whatever its tokens are.
            is_there = number in numbers
            lines[one.pk, part] = index_tokens(part, pairs, number, one.listing_departments()) if is_there else ""
    expected = dict(zip(lines, _as_stored([*lines.values()]), strict=True))
    found = {key: tokens for key, (_number, tokens) in stored.items()}
    wrong = {key[0] for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)}
    return [one for one in publications if one.pk in wrong]


def _stored_tokens(publications: list[int]) -> dict[Key, tuple[int, str]]:
    """Key → (partition, tokens) of all parts of the publications."""
    table = PUBLIC_INDEX.table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            fields = "publication_id, part, partition_number, tokens::text"
            cursor.execute(f"SELECT {fields} FROM {table} WHERE publication_id = ANY(%s)", [publications])  # noqa: S608 (our own table)
            return {(pk, part): (number, tokens) for pk, part, number, tokens in cursor.fetchall()}
        found = {}
        for pk in publications:
            first = pk * MAX_PARTS_PER_TEXT
            of_one = f"SELECT rowid, partition_number, tokens FROM {table} WHERE rowid BETWEEN %s AND %s"  # noqa: S608 (the same)
            cursor.execute(of_one, [first, first + MAX_PARTS_PER_TEXT - 1])
            found |= {(pk, rowid - first): (number, tokens) for rowid, number, tokens in cursor.fetchall()}
        return found


def _as_stored(lines: list[str]) -> list[str]:
    """Lines of `index_tokens` as the database gives them back."""
    if connection.vendor == "sqlite":
        return lines
    with connection.cursor() as cursor:
        rows = (
            "SELECT line::tsvector::text FROM unnest(%s::text[]) WITH ORDINALITY AS lines (line, place) ORDER BY place"
        )
        cursor.execute(rows, [lines])
        return [line for (line,) in cursor.fetchall()]
