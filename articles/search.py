"""Full-text search for Chinese by overlapping pairs of characters with their positions.

A text is cut into runs of letters and digits; a run 组织部 gives the tokens 组织, 织部 and 部 at three positions.
A query of n characters is then a phrase of n-1 pairs, and one character is a prefix. No dictionary, no language
setting; the same tokens stand in SQLite's FTS5 and in a PostgreSQL tsvector. (Overlapping n-grams for Chinese
retrieval: Nie, Gao, Zhang, Zhou, "On the use of words and n-grams for Chinese information retrieval", IRAL 2000.)

Each character is written as five hexadecimal digits, so that neither database's own idea of a word interferes.
A tsvector keeps positions up to 16,383 and at most 256 of one token, so that texts are kept in overlapping parts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice

from django.db import connection

from articles.models import Publication, Revision
from articles.sanitising import plain_text

TABLE = "articles_searchpart"
PART = 4000  # characters
SMALLEST_PART = 250  # characters; what a tsvector forgets of a part as small as this, nobody looks for
MOST_OF_A_TOKEN = 256  # times; a tsvector forgets where else in a part it stands, as 00 does in a table of figures
OVERLAP = 100  # characters that two neighbouring parts share; no phrase is longer
PARTS = 1000  # room for parts under one publication's id in FTS5's rowid
LONGEST_QUERY = 100
MOST_TERMS = 8
RUN = re.compile(r"[^\W_]+")  # of letters and digits: what str.isalnum says of each character


def normalise(text: str) -> str:
    """Full-width and compatibility forms become plain ones (NFKC), capitals small."""
    return unicodedata.normalize("NFKC", text).lower()


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


def _phrase(term: str) -> tuple[list[str], bool]:
    """(tokens, last one is a prefix) of one term of a query."""
    pieces = runs(normalise(term))
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
    """The terms of a query: cut at spaces, at most MOST_TERMS of the first LONGEST_QUERY characters."""
    return [term for term in query[:LONGEST_QUERY].split() if runs(normalise(term))][:MOST_TERMS]


def search(query: str):
    """Live publications in which every term of the query stands, newest first. An empty query finds nothing."""
    found = Publication.objects.live()
    wanted = terms(query)
    if not wanted:
        return found.none()
    for term in wanted:
        found = found.extra(where=[_CONDITION[connection.vendor]], params=[_expression(*_phrase(term))])  # noqa: S610
    return found.select_related("department").order_by("-dated", "-article_id")


_CONDITION = {
    "sqlite": f'"articles_publication"."id" IN (SELECT rowid / {PARTS} FROM {TABLE} WHERE {TABLE} MATCH %s)',
    "postgresql": f'"articles_publication"."id" IN (SELECT publication_id FROM {TABLE} WHERE tokens @@ %s::tsquery)',
}


def _expression(phrase: list[str], is_prefix: bool) -> str:
    """The phrase in the words of the database; it holds hexadecimal digits only, whatever was typed."""
    if connection.vendor == "sqlite":
        return '"' + " ".join(phrase) + '"' + (" *" if is_prefix else "")
    return " <-> ".join([*phrase[:-1], phrase[-1] + (":*" if is_prefix else "")])
