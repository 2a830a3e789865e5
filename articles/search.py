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
from collections.abc import Iterator
from itertools import chain, islice

from django.db import connection
from django.db.models import QuerySet

from articles.models import Publication, Revision
from articles.sanitising import plain_text
from articles.variants import simplified

TABLE = "articles_searchpart"
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


def parts(publication_title: str, revision: Revision) -> list[str]:
    """Texts of the parts: 0 is what stands round the body, the rest the body in overlapping pieces."""
    head = "\n".join(
        [
            publication_title,
            revision.subtitle,
            revision.author,
            revision.source,
            revision.keywords,
            revision.document_number,
            revision.issuing_body,
            revision.index_number,
        ]
    )
    return [head, *islice(_pieces(plain_text(revision.body)), PARTS - 1)]


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


def put(publication: Publication, revision: Revision) -> None:
    """Feeds the index, in the publication's own transaction."""
    rows = [(publication.pk, number, tokens(text)) for number, text in enumerate(parts(publication.title, revision))]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                f"INSERT INTO {TABLE} (rowid, tokens) VALUES (%s, %s)",
                [(pk * PARTS + number, " ".join(found)) for pk, number, found in rows],
            )
        else:
            cursor.executemany(
                f"INSERT INTO {TABLE} (publication_id, part, tokens) VALUES (%s, %s, %s::tsvector)",
                [
                    (pk, number, " ".join(f"{token}:{at}" for at, token in enumerate(found, 1)))
                    for pk, number, found in rows
                ],
            )


def remove(publication: Publication) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"DELETE FROM {TABLE} WHERE rowid BETWEEN %s AND %s",
                [publication.pk * PARTS, publication.pk * PARTS + PARTS - 1],
            )
        else:
            cursor.execute(f"DELETE FROM {TABLE} WHERE publication_id = %s", [publication.pk])


def terms(query: str) -> list[str]:
    """The terms of a query: cut at spaces, save for what stands in quotation marks, which is one term.

    At most MOST_TERMS, each once, of the first LONGEST_QUERY characters. A mark without its partner cuts like a space.
    """
    found = (next(filter(None, groups), "") for groups in QUOTED.findall(query[:LONGEST_QUERY]))
    return list(dict.fromkeys(term for term in found if pieces_of(term)))[:MOST_TERMS]


def is_cut(query: str) -> bool:
    """Whether words of the query are left out because there are too many."""
    return len(query) > LONGEST_QUERY or len(QUOTED.findall(query)) > MOST_TERMS


def matching(publications: QuerySet, wanted: list[str], *, in_head: bool = False) -> QuerySet:
    """Those of `publications` in which every term stands; `in_head`: in the title and what else is round the body."""
    condition = (_IN_HEAD if in_head else _ANYWHERE)[connection.vendor]
    for term in wanted:
        publications = publications.extra(where=[condition], params=[_expression(*_phrase(term))])  # noqa: S610
    return publications


def search(query: str) -> QuerySet:
    """Live publications in which every term of the query stands, newest first. An empty query finds nothing."""
    found, wanted = Publication.objects.live(), terms(query)
    if not wanted:
        return found.none()
    return matching(found, wanted).select_related("department").order_by("-dated", "-article_id")


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
                f"FROM {TABLE}, (SELECT %s::tsquery AS query) asked "
                "WHERE publication_id = ANY(%s) AND tokens @@ query GROUP BY publication_id",
                [" & ".join(f"({phrase})" for phrase in phrases), publications],
            )
            return {pk: 2 if density >= 1 / (1 + NEAR) else 1 for pk, density in cursor.fetchall()}
        found = {}
        for closeness, expression in (1, " AND ".join(phrases)), (2, f"NEAR({' '.join(phrases)}, {NEAR})"):
            cursor.execute(
                f"SELECT DISTINCT rowid / {PARTS} FROM {TABLE} WHERE {TABLE} MATCH %s "
                f"AND rowid / {PARTS} IN (SELECT value FROM json_each(%s))",
                [expression, json.dumps(publications)],
            )
            found |= dict.fromkeys((pk for (pk,) in cursor.fetchall()), closeness)
        return found


_ANYWHERE = {
    "sqlite": f'"articles_publication"."id" IN (SELECT rowid / {PARTS} FROM {TABLE} WHERE {TABLE} MATCH %s)',
    "postgresql": f'"articles_publication"."id" IN (SELECT publication_id FROM {TABLE} WHERE tokens @@ %s::tsquery)',
}
_IN_HEAD = {
    # Django fills in %s alone but reads every percent sign.
    "sqlite": _ANYWHERE["sqlite"].removesuffix(")") + f" AND rowid %% {PARTS} = 0)",
    "postgresql": _ANYWHERE["postgresql"].removesuffix(")") + " AND part = 0)",
}


def _expression(phrase: list[str], is_prefix: bool) -> str:
    """The phrase in the words of the database; it holds hexadecimal digits only, whatever was typed."""
    if connection.vendor == "sqlite":
        return '"' + " ".join(phrase) + '"' + (" *" if is_prefix else "")
    return " <-> ".join([*phrase[:-1], phrase[-1] + (":*" if is_prefix else "")])
