"""Full-text search for Chinese by overlapping pairs of characters with their positions.

A text is cut into runs of letters and digits; a run 组织部 gives the tokens 组织, 织部 and 部 at three positions.
A query of n characters is then a phrase of n-1 pairs, and one character is a prefix. No dictionary, no language
setting; the same tokens stand in SQLite's FTS5 and in a PostgreSQL tsvector. (Overlapping n-grams for Chinese
retrieval: Nie, Gao, Zhang, Zhou, "On the use of words and n-grams for Chinese information retrieval", IRAL 2000.)

Each character is written as five hexadecimal digits, so that neither database's own idea of a word interferes.
A tsvector keeps positions up to 16,383 and at most 256 of one token, so that texts are kept in overlapping parts.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone

from articles.models import Publication, Revision
from articles.sanitising import plain_text
from articles.variants import simplified

PART = 4000  # characters
SMALLEST_PART = 250  # characters; what a tsvector forgets of a part as small as this, nobody looks for
MOST_OF_A_TOKEN = 256  # times; a tsvector forgets where else in a part it stands, as 00 does in a table of figures
OVERLAP = 100  # characters that two neighbouring parts share; no phrase is longer
PARTS = 1000  # room for parts under one publication's id in FTS5's rowid
LONGEST_QUERY = 100
MOST_TERMS = 8
NEAR = 30  # tokens between two terms that stand close to each other
QUOTED = re.compile('“([^“”]*)”|"([^"]*)"|＂([^＂]*)＂|「([^「」]*)」|『([^『』]*)』|([^\\s“”"＂「」『』]+)')
RUN = re.compile(r"[^\W_]+")  # of letters and digits: what str.isalnum says of each character
TOGETHER = 20  # publications that `reindex`, parts that `put` has in hand at once


class Part(IntEnum):
    """Numbers of the parts that are not pieces of the body; those count on from BODY."""

    TITLE = 0
    AUTHOR = 1
    NUMBER = 2  # 文号
    HEAD = 3  # what else stands round the body
    BODY = 4


def normalise(text: str) -> str:
    """Full-width and compatibility forms become plain ones (NFKC), capitals small, traditional forms simplified."""
    return simplified(unicodedata.normalize("NFKC", text).lower())


def runs(text: str) -> list[str]:
    """The stretches of letters and digits in normalised text."""
    return RUN.findall(text)


def _pairs(run: str) -> list[str]:
    """The tokens of one run: each character with the one that follows, and the last alone."""
    spelled = [f"{ord(character):05x}" for character in run]
    return [*map(str.__add__, spelled, spelled[1:]), *spelled[-1:]]


def tokens(text: str) -> list[str]:
    """The tokens of a text, one a position."""
    return list(chain.from_iterable(map(_pairs, runs(normalise(text)))))


def pieces_of(term: str) -> list[str]:
    """The runs of one term of a query. Some single characters become eighteen under NFKC: what is too long is cut."""
    return runs(normalise(term)[:LONGEST_QUERY])


def _phrase(term: str) -> tuple[list[str], bool]:
    """(tokens, last one is a prefix) of one term of a query."""
    pieces = pieces_of(term)
    found = list(chain.from_iterable(map(_pairs, pieces)))
    if pieces and len(pieces[-1]) > 1:
        return found[:-1], False  # the last single character may go on in the text
    return found, bool(found)


def parts(publication_title: str, revision: Revision) -> Iterator[tuple[int, str]]:
    """(number of the part, its text): what stands round the body, then the body in overlapping pieces."""
    yield Part.TITLE, publication_title
    yield Part.AUTHOR, revision.author
    yield Part.NUMBER, revision.document_number
    names = ("subtitle", "summary", "source", "keywords", "issuing_body", "index_number")
    yield Part.HEAD, "\n".join(getattr(revision, name) for name in names)
    yield from enumerate(islice(_pieces(plain_text(revision.body)), PARTS - Part.BODY), Part.BODY)


def _pieces(body: str) -> Iterator[str]:
    """Overlapping pieces, as long as may be without a token that comes too often."""
    start = 0
    while start < len(body):
        length = PART
        while length > SMALLEST_PART and _is_crowded(body[start : start + length + OVERLAP]):
            length //= 2
        yield body[start : start + length + OVERLAP]
        start += length


def _is_crowded(text: str) -> bool:
    return max(Counter(tokens(text)).values(), default=0) > MOST_OF_A_TOKEN


@dataclass(frozen=True)
class Index:
    """One table of parts. `key`: its column that says whose they are; on SQLite the rowid says it (PARTS)."""

    table: str
    key: str

    def put(self, pk: int, title: str, revision: Revision) -> None:
        """Feeds it the words of a text, in the caller's transaction."""
        of_parts = ((number, tokens(text)) for number, text in parts(title, revision))
        rows = ((pk, number, found) for number, found in of_parts if found)
        # Of a very long text the tokens would fill the memory.
        while together := list(islice(rows, TOGETHER)):
            self._insert(together)

    def _insert(self, rows: list[tuple[int, int, list[str]]]) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.executemany(
                    f"INSERT INTO {self.table} (rowid, tokens) VALUES (%s, %s)",
                    [(pk * PARTS + number, " ".join(found)) for pk, number, found in rows],
                )
            else:
                cursor.executemany(
                    f"INSERT INTO {self.table} ({self.key}, part, tokens) VALUES (%s, %s, %s::tsvector)",
                    [
                        (pk, number, " ".join(f"{token}:{at}" for at, token in enumerate(found, 1)))
                        for pk, number, found in rows
                    ],
                )

    def remove(self, *pks: int) -> None:
        with connection.cursor() as cursor:
            for pk in pks:
                if connection.vendor == "sqlite":
                    cursor.execute(
                        f"DELETE FROM {self.table} WHERE rowid BETWEEN %s AND %s", [pk * PARTS, pk * PARTS + PARTS - 1]
                    )
                else:
                    cursor.execute(f"DELETE FROM {self.table} WHERE {self.key} = %s", [pk])

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table}")


# What was published, by the id of the publication; and what is in hand, by that of the revision, for the desk alone.
PUBLIC = Index("articles_searchpart", "publication_id")
IN_HAND = Index("articles_drafttext", "revision_id")


def put(publication: Publication, revision: Revision) -> None:
    PUBLIC.put(publication.pk, publication.title, revision)


def remove(*publications: Publication) -> None:
    PUBLIC.remove(*[publication.pk for publication in publications])


def reindex() -> int:
    """Feeds the index anew with what is public or will be, and takes out the rest; returns how many publications stand.

    A few publications a transaction, whose rows are locked so that acts upon them and a second `reindex` wait: the site
    goes on, and a run that was broken off is simply begun again.
    """
    last, count = 0, 0
    while True:
        with transaction.atomic():
            found = Publication.objects.filter(pk__gt=last).order_by("pk").select_for_update()
            together = list(found.only("pk")[:TOGETHER])
            if not together:
                return count
            remove(*together)
            count += _put_all(Publication.objects.filter(pk__in=[one.pk for one in together]))
        last = together[-1].pk


def _put_all(publications: QuerySet) -> int:
    """Feeds those that are not over; returns how many."""
    ahead = Q(live_until=None) | Q(live_until__gt=timezone.now())
    count = 0
    for publication in publications.effective().filter(ahead, withdrawal=None).select_related("revision"):
        put(publication, publication.revision)
        count += 1
    return count


def terms(query: str) -> list[str]:
    """The terms of a query: cut at spaces, save for what stands in quotation marks, which is one term.

    At most MOST_TERMS, each once, of the first LONGEST_QUERY characters. A mark without its partner cuts like a space.
    """
    found = (next(filter(None, groups), "") for groups in QUOTED.findall(query[:LONGEST_QUERY]))
    return list(dict.fromkeys(term for term in found if pieces_of(term)))[:MOST_TERMS]


def is_cut(query: str) -> bool:
    """Whether words of the query are left out because there are too many."""
    return len(query) > LONGEST_QUERY or len(QUOTED.findall(query)) > MOST_TERMS


def matching(
    rows: QuerySet, wanted: Iterable[str], *, part: Part | None = None, key: str = "pk", index: Index = PUBLIC
) -> QuerySet:
    """Those of `rows` in which every term stands, anywhere or in the one part. `key`: the id that the index has."""
    phrases = [_expression(*_phrase(term)) for term in wanted]
    return rows.filter(*(_Stands(F(key), phrase=phrase, part=part, index=index) for phrase in phrases))


class _Stands(Func):
    """Whether the index has the phrase, an `_expression`, under the id."""

    output_field = BooleanField()
    arity = 1

    def __init__(self, pk: F, *, phrase: str, part: Part | None, index: Index) -> None:
        super().__init__(pk)
        self.phrase, self.part, self.index = phrase, part, index

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        narrowed = "" if self.part is None else f" AND rowid %% {PARTS} = %s"
        table = self.index.table
        found = f"SELECT rowid / {PARTS} FROM {table} WHERE {table} MATCH %s{narrowed}"
        return self._as_sql(compiler, connection, found, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        narrowed = "" if self.part is None else " AND part = %s"
        found = f"SELECT {self.index.key} FROM {self.index.table} WHERE tokens @@ %s::tsquery{narrowed}"
        return self._as_sql(compiler, connection, found, **extra)

    def _as_sql(self, compiler: Any, connection: Any, found: str, **extra: Any) -> tuple[str, list]:
        sql, params = super().as_sql(compiler, connection, template="%(expressions)s", **extra)
        asked = [self.phrase] if self.part is None else [self.phrase, int(self.part)]
        return f"{sql} IN ({found})", [*params, *asked]


def closeness(publications: list[int], wanted: list[str]) -> dict[int, int]:
    """Publication's id → 2 where the terms stand close to each other, 1 where in one part; others are left out.

    Close means about NEAR tokens apart; on PostgreSQL, whose cover density adds up (ts_rank_cd; Clarke, Cormack,
    Tudhope, "Relevance ranking for one to three term queries", 1999), also often together a little farther apart.
    Reads index rows of the given publications only, on SQLite those of the terms.
    """
    if len(wanted) < 2 or not publications:
        return {}
    phrases = [_expression(*_phrase(term)) for term in wanted]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT publication_id, max(ts_rank_cd('{{1,1,1,1}}', tokens, query)) "
                f"FROM {PUBLIC.table}, (SELECT %s::tsquery AS query) asked "
                "WHERE publication_id = ANY(%s) AND tokens @@ query GROUP BY publication_id",
                [" & ".join(f"({phrase})" for phrase in phrases), publications],
            )
            return {pk: 2 if density >= 1 / (1 + NEAR) else 1 for pk, density in cursor.fetchall()}
        found = {}
        for closeness, expression in (1, " AND ".join(phrases)), (2, f"NEAR({' '.join(phrases)}, {NEAR})"):
            cursor.execute(
                f"SELECT DISTINCT rowid / {PARTS} FROM {PUBLIC.table} WHERE {PUBLIC.table} MATCH %s "
                f"AND rowid / {PARTS} IN (SELECT value FROM json_each(%s))",
                [expression, json.dumps(publications)],
            )
            found |= dict.fromkeys((pk for (pk,) in cursor.fetchall()), closeness)
        return found


def _expression(phrase: list[str], is_prefix: bool) -> str:
    """The phrase in the words of the database; it holds hexadecimal digits only, whatever was typed."""
    if connection.vendor == "sqlite":
        return '"' + " ".join(phrase) + '"' + (" *" if is_prefix else "")
    return " <-> ".join([*phrase[:-1], phrase[-1] + (":*" if is_prefix else "")])
