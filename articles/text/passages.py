"""Finding and replacing a quoted passage (W3C TextQuoteSelector).

A passage is quoted with some words before and after it (https://www.w3.org/TR/annotation-model/#text-quote-selector).
Blanks and ends of lines do not count, because what somebody copies from a page has others than the page itself.
"""

import re
from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext as _

from articles.text.markup import BLOCK_TAGS, HtmlToken, html_tokens

CONTEXT_CHARS = 32  # characters that are kept before and after
MIN_CONTEXT_MATCH_CHARS = 8  # characters round it that must be the same where a passage stands several times
MAX_OCCURRENCES = 1000  # that are looked at

TextRange = tuple[int, int]  # from, to (excluded)

_blank_pattern = re.compile(r"\s+")
_empty_inline = re.compile(r"<(strong|b|em|i|u|s|sub|sup|code|a)(?: [a-z-]+=\"[^\"]*\")*></\1>")


class PassageNotFound(Exception):
    """The passage is not there, or is there several times; the message says which."""


class PassageCrossesBlocks(Exception):
    """The passage reaches over the end of a paragraph, a cell or a picture, so that nothing can take its place."""


@dataclass(frozen=True)
class Quote:
    """A passage as it was quoted, with what stood before and after it."""

    exact: str
    prefix: str = ""
    suffix: str = ""


def quote_at(text: str, span: TextRange) -> Quote:
    """The passage at `span`, with as much round it as is kept."""
    start, end = span
    return Quote(text[start:end], text[max(0, start - CONTEXT_CHARS) : start], text[end : end + CONTEXT_CHARS])


def locate_quote(text: str, quote: Quote) -> TextRange:
    """Return where the passage stands in `text`. Raises PassageNotFound if nowhere, or if several places fit."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    squeezed = "".join(text[place] for place in places)
    exact = _blank_pattern.sub("", quote.exact)
    found = _occurrences(squeezed, exact) if exact else []
    if not found:
        raise PassageNotFound(
            _("These words do not stand in the text (any more): “%(words)s”") % {"words": quote.exact[:40]}
        )
    start = found[0] if len(found) == 1 else _best_occurrence(squeezed, found, len(exact), quote)
    return places[start], places[start + len(exact) - 1] + 1


def _occurrences(text: str, words: str) -> list[int]:
    found, at = [], text.find(words)
    while at >= 0 and len(found) < MAX_OCCURRENCES:
        found.append(at)
        at = text.find(words, at + 1)
    return found


def _best_occurrence(text: str, found: list[int], length: int, quote: Quote) -> int:
    """The one place of several that stands among the words that were quoted with it."""
    before, after = _blank_pattern.sub("", quote.prefix), _blank_pattern.sub("", quote.suffix)

    def alike(at: int) -> int:
        return _common_prefix_length(text[max(0, at - len(before)) : at][::-1], before[::-1]) + _common_prefix_length(
            text[at + length : at + length + len(after)], after
        )

    ranked = sorted(((alike(at), at) for at in found), reverse=True)
    best, second = ranked[0], ranked[1]
    if best[0] == second[0] or best[0] < min(MIN_CONTEXT_MATCH_CHARS, len(before) + len(after)) or not best[0]:
        text = _("These words stand in the text %(count)d times: “%(words)s”. Quote more of what stands round them.")
        raise PassageNotFound(text % {"count": len(found), "words": quote.exact[:40]})
    return best[1]


def _common_prefix_length(one: str, other: str) -> int:
    """How many characters both begin with."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def replace_passage(html: str, span: TextRange, words: str) -> str:
    """Sanitised HTML in which `words` stand in place of the passage at `span` of its running text.

    Tags round and within the passage stay; the words stand where it began. Raises PassageCrossesBlocks.
    """
    start, end = span
    out: list[str] = []
    at, is_within = 0, False
    for token in html_tokens(html):
        if token.tag:
            if is_within and token.tag in BLOCK_TAGS:
                raise PassageCrossesBlocks(_("It reaches over several paragraphs or a picture; change it by hand."))
            out.append(token.source)
            continue
        beginning, at = at, at + len(token.text)
        out.append(_replace_in_token(token, start - beginning, end - beginning, words))
        is_within = start < at < end
    return _empty_inline.sub("", "".join(out))


def _replace_in_token(token: HtmlToken, start: int, end: int, words: str) -> str:
    """The words of the token without those from `start` to `end`; `words` in their place where it begins here."""
    text = token.text
    if end <= 0 or start >= len(text):
        return token.source
    put = words if start >= 0 else ""
    return escape(text[: max(0, start)] + put + text[end:], quote=False)
