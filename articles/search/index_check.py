"""Comparison of the public search index with the texts that it was made from, for `verify`."""

from collections.abc import Iterator, Sequence

from django.db import connection

from articles.models import Publication
from articles.search import partitions
from articles.search.index import PUBLIC_INDEX, index_tokens
from articles.search.tokenizer import MAX_PARTS_PER_TEXT, tokenize_parts

Key = tuple[int, int]  # id of the publication, number of the part


def wrongly_indexed(publications: Sequence[Publication]) -> list[Publication]:
    """Those, with their `revision` at hand, of which the public index does not hold exactly their words."""
    pks = [one.pk for one in publications]
    layouts, stored = partitions.layouts(), _stored_partitions(pks)
    lines: dict[Key, str] = {}
    for one in publications:
        numbers = [partitions.number_for_date(one.dated, layout) for layout in layouts]
        for part, pairs in tokenize_parts(one.title, one.revision):
            number = stored.get((one.pk, part))
            # In no partition where its date puts it, a part is wrong whatever its tokens are.
            is_there = number in numbers
            lines[one.pk, part] = index_tokens(part, pairs, number, one.listing_departments()) if is_there else ""
    compare = _compare_postgresql if connection.vendor == "postgresql" else _compare_sqlite
    wrong = compare(pks, lines)
    return [one for one in publications if one.pk in wrong]


def _stored_partitions(publications: list[int]) -> dict[Key, int]:
    """Key → partition of all parts of the publications."""
    table = PUBLIC_INDEX.table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            of_all = f"SELECT publication_id, part, partition_number FROM {table} WHERE publication_id = ANY(%s)"  # noqa: S608 (the name of our table; values are parameters)
            cursor.execute(of_all, [publications])
            return {(pk, part): number for pk, part, number in cursor.fetchall()}
    return {key: number for key, (number, _tokens) in _rows_sqlite(publications)}


def _compare_postgresql(publications: list[int], lines: dict[Key, str]) -> set[int]:
    """Ids of the publications whose stored parts are not exactly these lines of `index_tokens`."""
    query = f"""
        SELECT DISTINCT coalesce(stored.publication_id, expected.pk)
        FROM (SELECT publication_id, part, tokens FROM {PUBLIC_INDEX.table} WHERE publication_id = ANY(%s)) AS stored
        FULL JOIN unnest(%s::bigint[], %s::int[], %s::text[]) AS expected (pk, part, line)
            ON stored.publication_id = expected.pk AND stored.part = expected.part
        WHERE stored.tokens IS DISTINCT FROM expected.line::tsvector"""  # noqa: S608 (the name of our table; values are parameters)
    with connection.cursor() as cursor:
        cursor.execute(
            query, [publications, [pk for pk, _part in lines], [part for _pk, part in lines], [*lines.values()]]
        )
        return {pk for (pk,) in cursor.fetchall()}


def _compare_sqlite(publications: list[int], lines: dict[Key, str]) -> set[int]:
    found = {key: tokens for key, (_number, tokens) in _rows_sqlite(publications)}
    return {key[0] for key in found.keys() | lines.keys() if found.get(key) != lines.get(key)}


def _rows_sqlite(publications: list[int]) -> Iterator[tuple[Key, tuple[int, str]]]:
    """Key and (partition, tokens) of all parts of the publications."""
    query = f"SELECT rowid, partition_number, tokens FROM {PUBLIC_INDEX.table} WHERE rowid BETWEEN %s AND %s"  # noqa: S608 (the name of our table; values are parameters)
    with connection.cursor() as cursor:
        for pk in publications:
            first = pk * MAX_PARTS_PER_TEXT
            cursor.execute(query, [first, first + MAX_PARTS_PER_TEXT - 1])
            for rowid, number, tokens in cursor.fetchall():
                yield (pk, rowid - first), (number, tokens)
