"""The search tokenizer: overlapping character bigrams for texts and queries.

A text is cut into runs of letters and digits; a run 组织部 gives the pairs 组织, 织部 and 部 at three positions.
A query of n characters is then a phrase of n-1 pairs, and one character is a prefix. No dictionary, no language
setting. (Overlapping n-grams for Chinese retrieval: Nie, Gao, Zhang, Zhou, "On the use of words and n-grams for
Chinese information retrieval", IRAL 2000.)

A tsvector keeps positions up to 16,383 and at most 256 of one token, so that texts are kept in overlapping parts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from itertools import chain, islice
from typing import NamedTuple

from articles.models import Revision
from articles.search.variants import simplify
from articles.text.plain_text import plain_text

PART_CHARS = 4000  # characters
MIN_PART_CHARS = 250  # characters; what a tsvector forgets of a part as small as this, nobody looks for
MAX_BIGRAM_REPEATS = 256  # times; a tsvector forgets where else in a part it stands, as 00 does in a table of figures
PART_OVERLAP_CHARS = 100  # characters that two neighbouring parts share; no phrase is longer
MAX_PARTS_PER_TEXT = 1000  # room for the parts of one text
MAX_QUERY_CHARS = 100
MAX_QUERY_TERMS = 8
QUERY_TERM_PATTERN = re.compile(
    '“([^“”]*)”|"([^"]*)"|＂([^＂]*)＂|「([^「」]*)」|『([^『』]*)』|([^\\s“”"＂「」『』]+)'
)
ALPHANUMERIC_RUN = re.compile(r"[^\W_]+")  # of letters and digits: what str.isalnum says of each character


class Part(IntEnum):
    """Numbers of the parts that are not pieces of the body; those count on from BODY."""

    TITLE = 0
    AUTHOR = 1
    NUMBER = 2  # 文号
    HEAD = 3  # what else stands round the body
    BODY = 4


def normalise_text(text: str) -> str:
    """Full-width and compatibility forms become plain ones (NFKC), capitals small, traditional forms simplified."""
    return simplify(unicodedata.normalize("NFKC", text).lower())


def alphanumeric_runs(text: str) -> list[str]:
    """The stretches of letters and digits in normalised text."""
    return ALPHANUMERIC_RUN.findall(text)


def _run_bigrams(run: str) -> list[str]:
    """Each character of a run with the one that follows, and the last alone."""
    return [*map(str.__add__, run, run[1:]), run[-1]]


def bigrams(text: str) -> list[str]:
    """The pairs of a text, one a position. They hold letters and digits only, whatever the text holds."""
    return list(chain.from_iterable(map(_run_bigrams, alphanumeric_runs(normalise_text(text)))))


def term_runs(term: str) -> list[str]:
    """The runs of one term of a query. Some single characters become eighteen under NFKC: what is too long is cut."""
    return alphanumeric_runs(normalise_text(term)[:MAX_QUERY_CHARS])


class Phrase(NamedTuple):
    """Pairs that stand one after the other; of the last only the beginning where it `is_prefix`."""

    bigrams: list[str]
    is_prefix: bool

    @classmethod
    def from_term(cls, term: str) -> "Phrase":
        """What one term of a query looks for."""
        pieces = term_runs(term)
        found = list(chain.from_iterable(map(_run_bigrams, pieces)))
        if pieces and len(pieces[-1]) > 1:
            return cls(found[:-1], is_prefix=False)  # the last single character may go on in the text
        return cls(found, is_prefix=bool(found))


def texts_around_body(title: str, revision: Revision) -> dict[Part, str]:
    """The parts that stand round the body."""
    around = ("subtitle", "summary", "source", "keywords", "issuing_body", "index_number")
    return {
        Part.TITLE: title,
        Part.AUTHOR: revision.author,
        Part.NUMBER: revision.document_number,
        Part.HEAD: "\n".join(getattr(revision, name) for name in around),
    }


def tokenize_parts(title: str, revision: Revision) -> Iterator[tuple[int, list[str]]]:
    """(number of the part, its pairs): what stands round the body, then the body in overlapping pieces."""
    pieces = _tokenize_body(plain_text(revision.body))
    numbered = chain(
        ((number, bigrams(text)) for number, text in texts_around_body(title, revision).items()),
        enumerate(islice(pieces, MAX_PARTS_PER_TEXT - Part.BODY), Part.BODY),
    )
    return ((number, found) for number, found in numbered if found)


def _tokenize_body(body: str) -> Iterator[list[str]]:
    """Pairs of overlapping pieces, as long as may be without a pair that comes too often."""
    start = 0
    while start < len(body):
        length = PART_CHARS
        found = bigrams(body[start : start + length + PART_OVERLAP_CHARS])
        while length > MIN_PART_CHARS and max(Counter(found).values(), default=0) > MAX_BIGRAM_REPEATS:
            length //= 2
            found = bigrams(body[start : start + length + PART_OVERLAP_CHARS])
        yield found
        start += length


def split_query(query: str) -> list[str]:
    """The terms of a query: cut at spaces, save for what stands in quotation marks, which is one term.

    At most MAX_QUERY_TERMS, each once, of the first MAX_QUERY_CHARS characters. A mark without its partner cuts like
    a space.
    """
    found = (next(filter(None, groups), "") for groups in QUERY_TERM_PATTERN.findall(query[:MAX_QUERY_CHARS]))
    return list(dict.fromkeys(term for term in found if term_runs(term)))[:MAX_QUERY_TERMS]


def is_query_truncated(query: str) -> bool:
    """Whether words of the query are left out because there are too many."""
    return len(query) > MAX_QUERY_CHARS or len(QUERY_TERM_PATTERN.findall(query)) > MAX_QUERY_TERMS
