"""Words as the search sees them: overlapping pairs of characters, of a text and of a query.

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
from articles.sanitising import plain_text
from articles.variants import simplified

PART = 4000  # characters
SMALLEST_PART = 250  # characters; what a tsvector forgets of a part as small as this, nobody looks for
MOST_OF_A_PAIR = 256  # times; a tsvector forgets where else in a part it stands, as 00 does in a table of figures
OVERLAP = 100  # characters that two neighbouring parts share; no phrase is longer
PARTS = 1000  # room for the parts of one text
LONGEST_QUERY = 100
MOST_TERMS = 8
QUOTED = re.compile('“([^“”]*)”|"([^"]*)"|＂([^＂]*)＂|「([^「」]*)」|『([^『』]*)』|([^\\s“”"＂「」『』]+)')
RUN = re.compile(r"[^\W_]+")  # of letters and digits: what str.isalnum says of each character


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
    """Each character of a run with the one that follows, and the last alone."""
    return [*map(str.__add__, run, run[1:]), run[-1]]


def pairs(text: str) -> list[str]:
    """The pairs of a text, one a position. They hold letters and digits only, whatever the text holds."""
    return list(chain.from_iterable(map(_pairs, runs(normalise(text)))))


def pieces_of(term: str) -> list[str]:
    """The runs of one term of a query. Some single characters become eighteen under NFKC: what is too long is cut."""
    return runs(normalise(term)[:LONGEST_QUERY])


class Phrase(NamedTuple):
    """Pairs that stand one after the other; of the last only the beginning where it `is_prefix`."""

    pairs: list[str]
    is_prefix: bool

    @classmethod
    def of(cls, term: str) -> "Phrase":
        """What one term of a query looks for."""
        pieces = pieces_of(term)
        found = list(chain.from_iterable(map(_pairs, pieces)))
        if pieces and len(pieces[-1]) > 1:
            return cls(found[:-1], is_prefix=False)  # the last single character may go on in the text
        return cls(found, is_prefix=bool(found))


def parts(title: str, revision: Revision) -> Iterator[tuple[int, list[str]]]:
    """(number of the part, its pairs): what stands round the body, then the body in overlapping pieces."""
    around = ("subtitle", "summary", "source", "keywords", "issuing_body", "index_number")
    texts = {
        Part.TITLE: title,
        Part.AUTHOR: revision.author,
        Part.NUMBER: revision.document_number,
        Part.HEAD: "\n".join(getattr(revision, name) for name in around),
    }
    pieces = _pieces(plain_text(revision.body))
    numbered = chain(
        ((number, pairs(text)) for number, text in texts.items()),
        enumerate(islice(pieces, PARTS - Part.BODY), Part.BODY),
    )
    return ((number, found) for number, found in numbered if found)


def _pieces(body: str) -> Iterator[list[str]]:
    """Pairs of overlapping pieces, as long as may be without a pair that comes too often."""
    start = 0
    while start < len(body):
        length = PART
        found = pairs(body[start : start + length + OVERLAP])
        while length > SMALLEST_PART and max(Counter(found).values(), default=0) > MOST_OF_A_PAIR:
            length //= 2
            found = pairs(body[start : start + length + OVERLAP])
        yield found
        start += length


def terms(query: str) -> list[str]:
    """The terms of a query: cut at spaces, save for what stands in quotation marks, which is one term.

    At most MOST_TERMS, each once, of the first LONGEST_QUERY characters. A mark without its partner cuts like a space.
    """
    found = (next(filter(None, groups), "") for groups in QUOTED.findall(query[:LONGEST_QUERY]))
    return list(dict.fromkeys(term for term in found if pieces_of(term)))[:MOST_TERMS]


def is_cut(query: str) -> bool:
    """Whether words of the query are left out because there are too many."""
    return len(query) > LONGEST_QUERY or len(QUOTED.findall(query)) > MOST_TERMS
