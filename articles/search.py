"""The full-text indexes of what is public and of what is in hand: the same tokens in FTS5 and in a PostgreSQL tsvector.

A token is a letter that says where it stands, three figures of the bucket of its publication (articles.buckets), and
a pair of characters (articles.words): `x000组织`. ANYWHERE is each pair of each part; title, author and number have
theirs a second time under a letter of their own, so that looking in titles alone reads nothing else. Each part also
has a token for each department in whose listing it stands. Pairs are written as they are: they hold letters and digits
only, whatever was typed, and neither database takes those for anything else.
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

from articles import buckets
from articles.buckets import Bucket
from articles.models import Publication, Revision
from articles.words import PARTS, Part, Phrase, parts

ANYWHERE, LISTED = "x", "d"
OWN = {Part.TITLE: "t", Part.AUTHOR: "a", Part.NUMBER: "n"}
NEAR = 30  # tokens between two terms that stand close to each other
IN_ONE = 16  # buckets in one condition; what GIN does before it begins grows with the square of the tokens asked for
WIDENING = 4  # times as many buckets as were looked through, at most, are looked through next
LOOK_UP = 16  # rows of the index that are read in the time in which one text is looked up and looked through
TOGETHER = 20  # parts that are in hand at once on SQLite

Row = tuple[int, int, int, str]  # whose, bucket, part, tokens


@dataclass(frozen=True)
class Index:
    """One table of parts. `key`: its column that says whose they are; on SQLite the rowid says it (PARTS)."""

    table: str
    key: str

    def put(self, texts: Iterable[tuple[int, int, Iterable[int], str, Revision]]) -> None:
        """Feeds it texts, each as (whose, bucket, departments, title, revision), in the caller's transaction."""
        rows = (
            (whose, bucket, part, _line(part, pairs, bucket, departments))
            for whose, bucket, departments, title, revision in texts
            for part, pairs in parts(title, revision)
        )
        if connection.vendor == "sqlite":
            self._insert(rows)
        else:
            self._copy(rows)

    def _insert(self, rows: Iterator[Row]) -> None:
        # Of a very long text the tokens would fill the memory.
        while together := list(islice(rows, TOGETHER)):
            with connection.cursor() as cursor:
                cursor.executemany(
                    f"INSERT INTO {self.table} (rowid, bucket, tokens) VALUES (%s, %s, %s)",
                    [(whose * PARTS + part, bucket, line) for whose, bucket, part, line in together],
                )

    def _copy(self, rows: Iterator[Row]) -> None:
        into = f"COPY {self.table} ({self.key}, bucket, part, tokens) FROM STDIN"
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)

    def is_outside(self, bucket: int, pk: int) -> bool:
        """Whether it has the text in another bucket than this one."""
        whose = (
            f"rowid BETWEEN {pk * PARTS} AND {pk * PARTS + PARTS - 1}"
            if connection.vendor == "sqlite"
            else f"{self.key} = {pk}"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {self.table} WHERE {whose} AND bucket <> %s LIMIT 1", [bucket])
            return cursor.fetchone() is not None

    def remove(self, *pks: int) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"DELETE FROM {self.table} WHERE {self.key} = ANY(%s)", [list(pks)])
            else:
                ranges = [(pk * PARTS, pk * PARTS + PARTS - 1) for pk in pks]
                cursor.executemany(f"DELETE FROM {self.table} WHERE rowid BETWEEN %s AND %s", ranges)

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table}")


def _line(part: int, pairs: list[str], bucket: int, departments: Iterable[int]) -> str:
    """The tokens of one part as the database takes them."""
    number = buckets.spelled(bucket)
    kinds = [ANYWHERE, OWN[part]] if part in OWN else [ANYWHERE]
    tokens = [f"{kind}{number}{pair}" for kind in kinds for pair in pairs]
    listed = [f"{LISTED}{number}{department}" for department in departments]
    if connection.vendor == "postgresql":
        tokens = [f"{token}:{at}" for at, token in enumerate(tokens, 1)]
    return " ".join(tokens + listed)


# What was published, by the id of the publication; and what is in hand, by that of the revision, for the desk alone.
PUBLIC = Index("articles_searchpart", "publication_id")
IN_HAND = Index("articles_drafttext", "revision_id")


def put(publication: Publication, revision: Revision) -> None:
    """Feeds the public index a publication, in the caller's transaction."""
    publication.revision = revision
    put_many([publication])
    if buckets.is_to_look(publication):
        transaction.on_commit(tend, robust=True)


def put_many(publications: Iterable[Publication]) -> None:
    """Feeds the public index publications that it does not have, with their `revision` at hand; in a transaction."""
    layout = buckets.to_feed()
    # A list: PostgreSQL answers nothing else while rows flow into it.
    PUBLIC.put(
        [
            (one.pk, buckets.of(one.dated, layout), {one.department_id, *one.columns}, one.title, one.revision)
            for one in publications
        ]
    )


def put_again(publications: Sequence[Publication]) -> None:
    """The same for those that it has, as they are now."""
    remove(*publications)
    put_many(publications)


def remove(*publications: Publication) -> None:
    PUBLIC.remove(*[publication.pk for publication in publications])


def tend() -> None:
    """Opens a new bucket when the newest is full, and puts into it what belongs there. Waits for nobody."""
    now = timezone.now()
    buckets.open_next(now)
    newest = buckets.layouts()[-1][-1]
    with transaction.atomic():
        ahead = Publication.objects.filter(dated__gte=max(newest.since, now)).select_for_update(
            skip_locked=connection.features.has_select_for_update_skip_locked, of=["self"]
        )
        put_again([one for one in ahead.select_related("revision") if PUBLIC.is_outside(newest.number, one.pk)])


# Asking.


@dataclass(frozen=True)
class Wanted:
    """A phrase that must stand somewhere in a text: ANYWHERE, or in the one part whose letter is given."""

    phrase: Phrase
    kind: str = ANYWHERE

    def in_bucket(self, number: int, departments: Iterable[int]) -> str:
        """In the words of the database; nothing but letters and digits comes from what was typed."""
        bucket = buckets.spelled(number)
        tokens = [f"{self.kind}{bucket}{pair}" for pair in self.phrase.pairs]
        listed = [f"{LISTED}{bucket}{department}" for department in departments]
        if connection.vendor == "sqlite":
            phrase = _quoted(" ".join(tokens)) + (" *" if self.phrase.is_prefix else "")
            return f"({phrase} AND ({' OR '.join(map(_quoted, listed))}))" if listed else phrase
        phrase = " <-> ".join(tokens) + (":*" if self.phrase.is_prefix else "")
        return f"({phrase}) & ({' | '.join(listed)})" if listed else f"({phrase})"


def _quoted(tokens: str) -> str:
    return f'"{tokens}"'


def wanted(terms: Iterable[str], part: Part | None = None) -> list[Wanted]:
    """The terms of a query, to be found anywhere or in the one part: title, author or number."""
    return [Wanted(Phrase.of(term), ANYWHERE if part is None else OWN[part]) for term in terms]


class _Stands(Func):
    """Whether the index has every phrase, in one of the buckets, under the id; with `departments`: listed in one.

    `one_by_one`: each phrase but the first is looked for in the texts that have the ones before it, instead of all
    together in the whole index.
    """

    output_field = BooleanField()
    arity = 1

    def __init__(
        self,
        pk: F,
        asked: Sequence[Wanted],
        numbers: Sequence[int],
        departments: Iterable[int] = (),
        *,
        index: Index = PUBLIC,
        one_by_one: bool = False,
    ) -> None:
        super().__init__(pk)
        self.index, self.phrases = index, [[one.in_bucket(at, departments) for at in numbers] for one in asked]
        self.one_by_one = one_by_one

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        table = self.index.table
        found = f"SELECT rowid / {PARTS} FROM {table} WHERE {table} MATCH %s"
        together = " INTERSECT ".join([found] * len(self.phrases))
        sql, params = super().as_sql(compiler, connection, template="%(expressions)s", **extra)
        return f"{sql} IN ({together})", [*params, *map(" OR ".join, self.phrases)]

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        asked = [[" | ".join(some) for some in _by(IN_ONE, in_buckets)] for in_buckets in self.phrases]
        found = f"SELECT {self.index.key} FROM {self.index.table} WHERE "
        each = [f"{found}({' OR '.join(['tokens @@ %s::tsquery'] * len(some))})" for some in asked]
        # An array is looked up id by id in the index of ids; of a subquery the planner may make a scan of the table.
        if self.one_by_one:
            each = [reduce(lambda before, one: f"{one} AND {self.index.key} = ANY(ARRAY({before}))", each)]
            asked.reverse()  # what is asked first stands innermost
        sql, params = super().as_sql(compiler, connection, template="%(expressions)s", **extra)
        together = " INTERSECT ".join(each)
        return f"{sql} = ANY(ARRAY({together}))", [*params, *(query for some in asked for query in some)]


def _by(size: int, them: Sequence) -> Iterator[Sequence]:
    return (them[start : start + size] for start in range(0, len(them), size))


def matching(rows: QuerySet, asked: Sequence[Wanted], *, key: str = "pk", index: Index = PUBLIC) -> QuerySet:
    """All of `rows` for which the index has all that is asked for. `key`: the id that the index has.

    A common word takes long in a large index: whoever shows the newest takes `newest`.
    """
    numbers = [one.number for one in buckets.newest_first()] if index == PUBLIC else [buckets.FIRST.number]
    return rows.filter(_Stands(F(key), asked, numbers, index=index)) if asked else rows


class Found(NamedTuple):
    pk: int
    article: int
    title: str


def newest(
    rows: QuerySet,
    asked: Sequence[Wanted],
    most: int,
    *,
    departments: Iterable[int] = (),
    since: datetime = buckets.BEGINNING,
    until: datetime = buckets.END,
    key: str = "pk",
    layouts: list[list[Bucket]] | None = None,
) -> list[Found]:
    """The newest of `rows`, publications or placements, for which the index has all that is asked for: `most` at most.

    `departments`, `since` and `until` say what `rows` are narrowed to anyway, so that no other bucket is asked. `key`:
    the id of the publication. `layouts`: where the caller has read them. Without anything asked for, the newest of the
    rows.
    """
    fields = (key, "article_id", "title" if key == "pk" else "publication__title")
    rows = rows.order_by("-dated", "-article_id").values_list(*fields)
    if not asked:
        return [Found(*row) for row in rows[:most]]
    layouts = layouts or buckets.layouts()
    left = [one for one in buckets.newest_first(layouts) if one.until > since and one.since < until]
    if len(layouts) > 1:
        return _newest_of_two(
            rows.values_list(*fields, "dated"), partial(_Stands, F(key), asked, departments=departments), left, most
        )
    found: list[tuple] = []
    looked, take, one_by_one = 0, 1, False
    while left and len(found) < most:
        numbers, left = [one.number for one in left[:take]], left[take:]
        stands = _Stands(F(key), asked, numbers, departments, one_by_one=one_by_one)
        found += rows.filter(stands)[: most - len(found)]
        if not looked and len(asked) > 1 and len(found) < most and connection.vendor == "postgresql":
            asked, one_by_one = _rarest_first(asked, numbers, departments)
        looked += len(numbers)
        take = _next(len(found), looked, most)
    return [Found(*row) for row in found]


def _rarest_first(
    asked: Sequence[Wanted], numbers: Sequence[int], departments: Iterable[int]
) -> tuple[list[Wanted], bool]:
    """The phrases in the order of how often they stand in these buckets, and whether the first is so rare that the
    others are better looked for one by one. PostgreSQL."""
    queries = [" | ".join(one.in_bucket(at, departments) for at in numbers) for one in asked]
    count = f"SELECT count(*) FROM {PUBLIC.table} WHERE tokens @@ %s::tsquery"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT {at}, ({count})" for at in range(len(queries))), queries)
        counts = dict(cursor.fetchall())
    order = sorted(counts, key=counts.__getitem__)
    rarest, *others = (counts[at] for at in order)
    return [asked[at] for at in order], rarest * LOOK_UP < sum(others)


def _newest_of_two(rows: QuerySet, stands: Callable, left: list[Bucket], most: int) -> list[Found]:
    """While there are two layouts: what stands in the bucket that is looked through next may be newer."""
    found: dict[int, tuple] = {}
    for bucket in left:
        if sum(dated >= bucket.until for _pk, _article, _title, dated in found.values()) >= most:
            break
        found |= {row[0]: row for row in rows.filter(stands(numbers=[bucket.number]))[:most]}
    in_order = sorted(found.values(), key=itemgetter(3, 1), reverse=True)
    return [Found(*row[:3]) for row in in_order[:most]]


def _next(found: int, looked: int, most: int) -> int:
    """How many buckets to look through next: as many as will probably do, but not much more than so far."""
    probably = ceil((most - found) * looked / found) if found else WIDENING * looked
    return max(1, min(probably, WIDENING * looked))


def stands(asked: Sequence[Wanted]) -> bool:
    """Whether something live holds all that is asked for."""
    return bool(newest(Publication.objects.live(), asked, 1))


def closeness(publications: Sequence[int], asked: Sequence[Wanted]) -> dict[int, int]:
    """Publication's id → 2 where the phrases stand close to each other, 1 where in one part; others are left out.

    Close means about NEAR tokens apart; on PostgreSQL, whose cover density adds up (ts_rank_cd; Clarke, Cormack,
    Tudhope, "Relevance ranking for one to three term queries", 1999), also often together a little farther apart.
    Reads index rows of the given publications only, on SQLite those of the phrases.
    """
    if len(asked) < 2 or not publications:
        return {}
    numbers = [one.number for one in buckets.newest_first()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            queries = [" & ".join(one.in_bucket(number, ()) for one in asked) for number in numbers]
            cursor.execute(
                f"SELECT publication_id, max(ts_rank_cd('{{1,1,1,1}}', tokens, query::tsquery)) FROM {PUBLIC.table} "
                "JOIN unnest(%s::integer[], %s::text[]) AS asked (number, query) ON bucket = number "
                "WHERE publication_id = ANY(%s) AND tokens @@ query::tsquery GROUP BY publication_id",
                [numbers, queries, list(publications)],
            )
            return {pk: 2 if density >= 1 / (1 + NEAR) else 1 for pk, density in cursor.fetchall()}
        found = {}
        phrases = [[one.in_bucket(number, ()) for one in asked] for number in numbers]
        in_one = [f"({' AND '.join(some)})" for some in phrases]
        near = [f"NEAR({' '.join(some)}, {NEAR})" for some in phrases]
        for worth, expressions in (1, in_one), (2, near):
            cursor.execute(
                f"SELECT DISTINCT rowid / {PARTS} FROM {PUBLIC.table} WHERE {PUBLIC.table} MATCH %s "
                f"AND rowid / {PARTS} IN (SELECT value FROM json_each(%s))",
                [" OR ".join(expressions), json.dumps(publications)],
            )
            found |= dict.fromkeys((pk for (pk,) in cursor.fetchall()), worth)
        return found
