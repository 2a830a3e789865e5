"""Passages of a text, found again by what they say: the TextQuoteSelector of the W3C's Web Annotation Data Model.

A passage is quoted with some words before and after it (https://www.w3.org/TR/annotation-model/#text-quote-selector).
Blanks and ends of lines do not count, because what somebody copies from a page has others than the page itself.
"""

import re
from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext as _

from articles.markup import BREAKING, Token, tokens

CONTEXT = 32  # characters that are kept before and after
ENOUGH = 8  # characters round it that must be the same where a passage stands several times
MOST_PLACES = 1000  # that are looked at

Span = tuple[int, int]  # from, to (excluded)

_blank = re.compile(r"\s+")
_emptied = re.compile(r"<(strong|b|em|i|u|s|sub|sup|code|a)(?: [a-z-]+=\"[^\"]*\")*></\1>")


class NotFound(Exception):
    """The passage is not there, or is there several times; the message says which."""


class AcrossParagraphs(Exception):
    """The passage reaches over the end of a paragraph, a cell or a picture, so that nothing can take its place."""


@dataclass(frozen=True)
class Quote:
    """A passage as it was quoted, with what stood before and after it."""

    exact: str
    prefix: str = ""
    suffix: str = ""


def quote_at(text: str, span: Span) -> Quote:
    """The passage at `span`, with as much round it as is kept."""
    start, end = span
    return Quote(text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def locate(text: str, quote: Quote) -> Span:
    """Where the passage stands in `text`. Raises NotFound when nowhere, or when it cannot be told which is meant."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    squeezed = "".join(text[place] for place in places)
    exact = _blank.sub("", quote.exact)
    found = _every(squeezed, exact) if exact else []
    if not found:
        raise NotFound(_("These words do not stand in the text (any more): “%(words)s”") % {"words": quote.exact[:40]})
    start = found[0] if len(found) == 1 else _meant(squeezed, found, len(exact), quote)
    return places[start], places[start + len(exact) - 1] + 1


def _every(text: str, words: str) -> list[int]:
    found, at = [], text.find(words)
    while at >= 0 and len(found) < MOST_PLACES:
        found.append(at)
        at = text.find(words, at + 1)
    return found


def _meant(text: str, found: list[int], length: int, quote: Quote) -> int:
    """The one place of several that stands among the words that were quoted with it."""
    before, after = _blank.sub("", quote.prefix), _blank.sub("", quote.suffix)

    def alike(at: int) -> int:
        return _common(text[max(0, at - len(before)) : at][::-1], before[::-1]) + _common(text[at + length :], after)

    ranked = sorted(((alike(at), at) for at in found), reverse=True)
    best, second = ranked[0], ranked[1]
    if best[0] == second[0] or best[0] < min(ENOUGH, len(before) + len(after)) or not best[0]:
        text = _("These words stand in the text %(count)d times: “%(words)s”. Quote more of what stands round them.")
        raise NotFound(text % {"count": len(found), "words": quote.exact[:40]})
    return best[1]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def replaced(html: str, span: Span, words: str) -> str:
    """Sanitised HTML in which `words` stand in place of the passage at `span` of its running text.

    Tags round and within the passage stay; the words stand where it began. Raises AcrossParagraphs.
    """
    start, end = span
    out: list[str] = []
    at, is_within = 0, False
    for token in tokens(html):
        if token.tag:
            if is_within and token.tag in BREAKING:
                raise AcrossParagraphs(_("It reaches over several paragraphs or a picture; change it by hand."))
            out.append(token.source)
            continue
        beginning, at = at, at + len(token.words)
        out.append(_cut(token, start - beginning, end - beginning, words))
        is_within = start < at < end
    return _emptied.sub("", "".join(out))


def _cut(token: Token, start: int, end: int, words: str) -> str:
    """The words of the token without those from `start` to `end`; `words` in their place where it begins here."""
    text = token.words
    if end <= 0 or start >= len(text):
        return token.source
    put = words if start >= 0 else ""
    return escape(text[: max(0, start)] + put + text[end:], quote=False)
