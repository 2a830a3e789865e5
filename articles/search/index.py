"""The full-text index: the same tokens in SQLite FTS5 and PostgreSQL tsvector.

A token is a prefix letter for the part of the article, three digits for the partition of the publication
(articles.search.partitions), and a character pair (articles.search.tokenizer): `x000组织`. ANY_PART_PREFIX marks every
pair of every part; pairs of title, author and number are indexed a second time under their own letter, so that a search
in titles reads nothing else. Each part also has a token for each department that lists it. Pairs are written as they
are: they hold only letters and digits, and neither database treats those as syntax.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from itertools import islice
from math import ceil
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, QuerySet
from django.utils import timezone

from articles.models import Publication, Revision
from articles.search import partitions
from articles.search.partitions import Partition
from articles.search.tokenizer import MAX_PARTS_PER_TEXT, Part, Phrase, tokenize_parts

ANY_PART_PREFIX, DEPARTMENT_PREFIX = "x", "d"
PART_PREFIXES = {Part.TITLE: "t", Part.AUTHOR: "a", Part.NUMBER: "n"}
MAX_DISTANCE_TOKENS = 30  # tokens between two terms that stand close to each other
MAX_PARTITIONS_PER_QUERY = (
    16  # partitions in one condition; what GIN does before it begins grows with the square of the tokens asked for
)
MAX_GROWTH_FACTOR = 4  # times as many partitions as were looked through, at most, are looked through next
LOOKUP_COST_ROWS = 16  # rows of the index that are read in the time in which one text is looked up and looked through
MAX_PARTS_PER_INSERT = 20  # parts that are in hand at once on SQLite

IndexRow = tuple[int, int, int, str]  # whose, partition_number, part, tokens


@dataclass(frozen=True)
class TextIndex:
    """One table of parts. `id_column`: whose part a row is; on SQLite the rowid says it (see MAX_PARTS_PER_TEXT)."""

    table: str
    id_column: str

    def insert(self, texts: Iterable[tuple[int, int, Iterable[int], str, Revision]]) -> None:
        """Feeds it texts, each as (whose, partition, departments, title, revision), in the caller's transaction."""
        rows = (
            (whose, partition, part, index_tokens(part, pairs, partition, departments))
            for whose, partition, departments, title, revision in texts
            for part, pairs in tokenize_parts(title, revision)
        )
        if connection.vendor == "sqlite":
            self._insert_sqlite(rows)
        else:
            self._copy_postgresql(rows)

    def _insert_sqlite(self, rows: Iterator[IndexRow]) -> None:
        # Of a very long text the tokens would fill the memory.
        while together := list(islice(rows, MAX_PARTS_PER_INSERT)):
            with connection.cursor() as cursor:
                cursor.executemany(
                    f"INSERT INTO {self.table} (rowid, partition_number, tokens) VALUES (%s, %s, %s)",
                    [(whose * MAX_PARTS_PER_TEXT + part, partition, line) for whose, partition, part, line in together],
                )

    def _copy_postgresql(self, rows: Iterator[IndexRow]) -> None:
        into = f"COPY {self.table} ({self.id_column}, partition_number, part, tokens) FROM STDIN"
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)

    def is_in_other_partition(self, partition: int, pk: int) -> bool:
        """Whether it has the text in another partition than this one."""
        whose = (
            f"rowid BETWEEN {pk * MAX_PARTS_PER_TEXT} AND {pk * MAX_PARTS_PER_TEXT + MAX_PARTS_PER_TEXT - 1}"
            if connection.vendor == "sqlite"
            else f"{self.id_column} = {pk}"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {self.table} WHERE {whose} AND partition_number <> %s LIMIT 1", [partition])
            return cursor.fetchone() is not None

    def delete(self, *pks: int) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"DELETE FROM {self.table} WHERE {self.id_column} = ANY(%s)", [list(pks)])
            else:
                ranges = [(pk * MAX_PARTS_PER_TEXT, pk * MAX_PARTS_PER_TEXT + MAX_PARTS_PER_TEXT - 1) for pk in pks]
                cursor.executemany(f"DELETE FROM {self.table} WHERE rowid BETWEEN %s AND %s", ranges)

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table}")


def index_tokens(part: int, pairs: list[str], partition: int, departments: Iterable[int]) -> str:
    """The tokens of one part as the database takes them."""
    number = partitions.encode_number(partition)
    kinds = [ANY_PART_PREFIX, PART_PREFIXES[part]] if part in PART_PREFIXES else [ANY_PART_PREFIX]
    tokens = [f"{kind}{number}{pair}" for kind in kinds for pair in pairs]
    listed = [f"{DEPARTMENT_PREFIX}{number}{department}" for department in departments]
    if connection.vendor == "postgresql":
        tokens = [f"{token}:{at}" for at, token in enumerate(tokens, 1)]
    return " ".join(tokens + listed)


# What was published, by the id of the publication; and what is in hand, by that of the revision, for the desk alone.
PUBLIC_INDEX = TextIndex("articles_searchpart", "publication_id")
DESK_INDEX = TextIndex("articles_drafttext", "revision_id")


def index_publication(publication: Publication, revision: Revision) -> None:
    """Feeds the public index a publication, in the caller's transaction."""
    publication.revision = revision
    index_publications([publication])
    if partitions.is_full_check_due(publication):
        transaction.on_commit(advance_partitions, robust=True)


def index_publications(publications: Iterable[Publication]) -> None:
    """Feeds the public index publications that it does not have, with their `revision` at hand; in a transaction."""
    layout = partitions.lock_current_layout()
    # A list: PostgreSQL answers nothing else while rows flow into it.
    PUBLIC_INDEX.insert(
        [
            (
                one.pk,
                partitions.number_for_date(one.dated, layout),
                one.listing_departments(),
                one.title,
                one.revision,
            )
            for one in publications
        ]
    )


def reindex_publications(publications: Sequence[Publication]) -> None:
    """The same for those that it has, as they are now."""
    unindex_publications(*publications)
    index_publications(publications)


def unindex_publications(*publications: Publication) -> None:
    PUBLIC_INDEX.delete(*[publication.pk for publication in publications])


def advance_partitions() -> None:
    """Opens a new partition when the newest is full, and puts into it what belongs there. Waits for nobody."""
    now = timezone.now()
    partitions.open_next_if_full(now)
    newest = partitions.layouts()[-1][-1]
    with transaction.atomic():
        ahead = Publication.objects.filter(dated__gte=max(newest.since, now)).select_for_update(
            skip_locked=connection.features.has_select_for_update_skip_locked, of=["self"]
        )
        reindex_publications(
            [
                one
                for one in ahead.select_related("revision")
                if PUBLIC_INDEX.is_in_other_partition(newest.number, one.pk)
            ]
        )


# Asking.


@dataclass(frozen=True)
class PhraseQuery:
    """A phrase that must stand somewhere in a text: ANY_PART_PREFIX, or in the one part whose letter is given."""

    phrase: Phrase
    prefix: str = ANY_PART_PREFIX

    def query_for_partition(self, number: int, departments: Iterable[int]) -> str:
        """In the words of the database; nothing but letters and digits comes from what was typed."""
        partition = partitions.encode_number(number)
        tokens = [f"{self.prefix}{partition}{pair}" for pair in self.phrase.bigrams]
        listed = [f"{DEPARTMENT_PREFIX}{partition}{department}" for department in departments]
        if connection.vendor == "sqlite":
            phrase = _fts5_string(" ".join(tokens)) + (" *" if self.phrase.is_prefix else "")
            return f"({phrase} AND ({' OR '.join(map(_fts5_string, listed))}))" if listed else phrase
        phrase = " <-> ".join(tokens) + (":*" if self.phrase.is_prefix else "")
        return f"({phrase}) & ({' | '.join(listed)})" if listed else f"({phrase})"


def _fts5_string(tokens: str) -> str:
    return f'"{tokens}"'


def phrase_queries(terms: Iterable[str], part: Part | None = None) -> list[PhraseQuery]:
    """The terms of a query, to be found anywhere or in the one part: title, author or number."""
    return [
        PhraseQuery(Phrase.from_term(term), ANY_PART_PREFIX if part is None else PART_PREFIXES[part]) for term in terms
    ]


class _MatchesIndex(Func):
    """Whether the index has every phrase, in one of the partitions, under the id; with `departments`: listed in one.

    `one_by_one`: each phrase but the first is looked for in the texts that have the ones before it, instead of all
    together in the whole index.
    """

    output_field = BooleanField()
    arity = 1

    def __init__(
        self,
        pk: F,
        phrases: Sequence[PhraseQuery],
        numbers: Sequence[int],
        departments: Iterable[int] = (),
        *,
        index: TextIndex = PUBLIC_INDEX,
        one_by_one: bool = False,
    ) -> None:
        super().__init__(pk)
        self.index, self.phrases = (
            index,
            [[one.query_for_partition(at, departments) for at in numbers] for one in phrases],
        )
        self.one_by_one = one_by_one

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        table = self.index.table
        found = f"SELECT rowid / {MAX_PARTS_PER_TEXT} FROM {table} WHERE {table} MATCH %s"
        together = " INTERSECT ".join([found] * len(self.phrases))
        sql, params = super().as_sql(compiler, connection, template="%(expressions)s", **extra)
        return f"{sql} IN ({together})", [*params, *map(" OR ".join, self.phrases)]

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        phrases = [
            [" | ".join(queries) for queries in _chunks(MAX_PARTITIONS_PER_QUERY, by_partition)]
            for by_partition in self.phrases
        ]
        found = f"SELECT {self.index.id_column} FROM {self.index.table} WHERE "
        subqueries = [f"{found}({' OR '.join(['tokens @@ %s::tsquery'] * len(queries))})" for queries in phrases]
        # An array is looked up id by id in the index of ids; of a subquery the planner may make a scan of the table.
        if self.one_by_one:
            subqueries = [
                reduce(lambda before, one: f"{one} AND {self.index.id_column} = ANY(ARRAY({before}))", subqueries)
            ]
            phrases.reverse()  # what is asked first stands innermost
        sql, params = super().as_sql(compiler, connection, template="%(expressions)s", **extra)
        together = " INTERSECT ".join(subqueries)
        return f"{sql} = ANY(ARRAY({together}))", [*params, *(query for queries in phrases for query in queries)]


def _chunks(size: int, items: Sequence) -> Iterator[Sequence]:
    return (items[start : start + size] for start in range(0, len(items), size))


def matching(
    rows: QuerySet, phrases: Sequence[PhraseQuery], *, id_field: str = "pk", index: TextIndex = PUBLIC_INDEX
) -> QuerySet:
    """All of `rows` for which the index has all that is asked for. `key`: the id that the index has.

    A common word takes long in a large index: whoever shows the newest takes `newest`.
    """
    numbers = (
        [one.number for one in partitions.partitions_newest_first()]
        if index == PUBLIC_INDEX
        else [partitions.DEFAULT_PARTITION.number]
    )
    return rows.filter(_MatchesIndex(F(id_field), phrases, numbers, index=index)) if phrases else rows


class Match(NamedTuple):
    pk: int
    article_id: int
    title: str


def newest_matches(
    rows: QuerySet,
    phrases: Sequence[PhraseQuery],
    limit: int,
    *,
    departments: Iterable[int] = (),
    since: datetime = partitions.MIN_DATED,
    until: datetime = partitions.MAX_DATED,
    id_field: str = "pk",
    layouts: list[list[Partition]] | None = None,
) -> list[Match]:
    """The newest of `rows`, publications or placements, for which the index has all that is asked for: `most` at most.

    `departments`, `since` and `until` say what `rows` are narrowed to anyway, so that no other partition is asked.
    `key`: the id of the publication. `layouts`: where the caller has read them. Without anything asked for, the
    newest of the rows.
    """
    fields = (id_field, "article_id", "title" if id_field == "pk" else "publication__title")
    rows = rows.newest_first().values_list(*fields)
    if not phrases:
        return [Match(*row) for row in rows[:limit]]
    layouts = layouts or partitions.layouts()
    remaining = [one for one in partitions.partitions_newest_first(layouts) if one.until > since and one.since < until]
    if len(layouts) > 1:
        return _newest_across_layouts(
            rows.values_list(*fields, "dated"),
            partial(_MatchesIndex, F(id_field), phrases, departments=departments),
            remaining,
            limit,
        )
    found: list[tuple] = []
    searched, batch_size, one_by_one = 0, 1, False
    while remaining and len(found) < limit:
        numbers, remaining = [one.number for one in remaining[:batch_size]], remaining[batch_size:]
        condition = _MatchesIndex(F(id_field), phrases, numbers, departments, one_by_one=one_by_one)
        found += rows.filter(condition)[: limit - len(found)]
        if not searched and len(phrases) > 1 and len(found) < limit and connection.vendor == "postgresql":
            phrases, one_by_one = _rarest_first(phrases, numbers, departments)
        searched += len(numbers)
        batch_size = _next_partition_count(len(found), searched, limit)
    return [Match(*row) for row in found]


def _rarest_first(
    phrases: Sequence[PhraseQuery], numbers: Sequence[int], departments: Iterable[int]
) -> tuple[list[PhraseQuery], bool]:
    """The phrases in the order of how often they stand in these partitions, and whether the first is so rare that the
    others are better looked for one by one. PostgreSQL."""
    queries = [" | ".join(one.query_for_partition(at, departments) for at in numbers) for one in phrases]
    count = f"SELECT count(*) FROM {PUBLIC_INDEX.table} WHERE tokens @@ %s::tsquery"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT {at}, ({count})" for at in range(len(queries))), queries)
        counts = dict(cursor.fetchall())
    order = sorted(counts, key=counts.__getitem__)
    rarest, *others = (counts[at] for at in order)
    return [phrases[at] for at in order], rarest * LOOKUP_COST_ROWS < sum(others)


def _newest_across_layouts(
    rows: QuerySet, condition_for: Callable, partitions: list[Partition], most: int
) -> list[Match]:
    """While there are two layouts: what stands in the partition that is looked through next may be newer."""
    found: dict[int, tuple] = {}
    for partition in partitions:
        if sum(dated >= partition.until for _pk, _article, _title, dated in found.values()) >= most:
            break
        found |= {row[0]: row for row in rows.filter(condition_for(numbers=[partition.number]))[:most]}
    in_order = sorted(found.values(), key=itemgetter(3, 1), reverse=True)
    return [Match(*row[:3]) for row in in_order[:most]]


def _next_partition_count(found: int, looked: int, most: int) -> int:
    """How many partitions to look through next: as many as will probably do, but not much more than so far."""
    probably = ceil((most - found) * looked / found) if found else MAX_GROWTH_FACTOR * looked
    return max(1, min(probably, MAX_GROWTH_FACTOR * looked))


def has_match(phrases: Sequence[PhraseQuery]) -> bool:
    """Whether something live holds all that is asked for."""
    return bool(newest_matches(Publication.objects.live(), phrases, 1))


def proximity_scores(publications: Sequence[int], asked: Sequence[PhraseQuery]) -> dict[int, int]:
    """Publication's id → 2 where the phrases stand close to each other, 1 where in one part; others are left out.

    Close means about MAX_DISTANCE_TOKENS tokens apart; on PostgreSQL, whose cover density adds up (ts_rank_cd;
    Clarke, Cormack, Tudhope, "Relevance ranking for one to three term queries", 1999), also often together a little
    farther apart. Reads index rows of the given publications only, on SQLite those of the phrases.
    """
    if len(asked) < 2 or not publications:
        return {}
    numbers = [one.number for one in partitions.partitions_newest_first()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            queries = [" & ".join(one.query_for_partition(number, ()) for one in asked) for number in numbers]
            cursor.execute(
                "SELECT publication_id, max(ts_rank_cd('{1,1,1,1}', tokens, query::tsquery)) "
                f"FROM {PUBLIC_INDEX.table} "
                "JOIN unnest(%s::integer[], %s::text[]) AS asked (number, query) ON partition_number = number "
                "WHERE publication_id = ANY(%s) AND tokens @@ query::tsquery GROUP BY publication_id",
                [numbers, queries, list(publications)],
            )
            return {pk: 2 if density >= 1 / (1 + MAX_DISTANCE_TOKENS) else 1 for pk, density in cursor.fetchall()}
        scores = {}
        phrases = [[one.query_for_partition(number, ()) for one in asked] for number in numbers]
        in_one = [f"({' AND '.join(some)})" for some in phrases]
        near = [f"NEAR({' '.join(some)}, {MAX_DISTANCE_TOKENS})" for some in phrases]
        for score, expressions in (1, in_one), (2, near):
            cursor.execute(
                f"SELECT DISTINCT rowid / {MAX_PARTS_PER_TEXT} "
                f"FROM {PUBLIC_INDEX.table} WHERE {PUBLIC_INDEX.table} MATCH %s "
                f"AND rowid / {MAX_PARTS_PER_TEXT} IN (SELECT value FROM json_each(%s))",
                [" OR ".join(expressions), json.dumps(publications)],
            )
            scores |= dict.fromkeys((pk for (pk,) in cursor.fetchall()), score)
        return scores
