"""Search snippets: an escaped excerpt with matches in `<mark>`.

Everything that is returned is escaped but for <mark>, which stands only where a word was found.
"""

import re
from bisect import bisect_right
from itertools import islice

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from articles.search.tokenizer import normalise_text, term_runs

SNIPPET_CHARS = 120  # characters of an extract
MAX_LEAD_CHARS = 24  # characters that may stand before the first word found
MAX_SNIPPET_CHARS = 3 * SNIPPET_CHARS  # however many words run into each other at its ends
MAX_HITS_PER_TERM = 500  # places of one term that are looked at

Span = tuple[int, int]  # from, to (excluded)
Hit = tuple[int, int, int]  # from, to, number of the term

_SENTENCE_ENDS = "。！？；\n!?;"
# What may be put together with the character before it: combining marks, the vowels and finals of Hangul.
_COMBINING_MARK = re.compile(
    "[\u0300-\u036f\u1160-\u11ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f]"
)
_CHARACTER_WITH_MARKS = re.compile(f"(?s:.){_COMBINING_MARK.pattern}*")


def compile_terms(terms: list[str]) -> list[re.Pattern[str]]:
    """A pattern a term for normalised text: its runs, with anything between them that is neither letter nor digit."""
    return [re.compile(r"[\W_]++".join(map(re.escape, term_runs(term)))) for term in terms]


def _normalise_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """(normalised text, where each of its characters stands in `text`; None: where it stands itself)."""
    normalised = normalise_text(text)
    # Without marks each character becomes one or more of its own: as many as before are one each.
    if len(normalised) == len(text) and not _COMBINING_MARK.search(text):
        return normalised, None
    # By letters with the marks that belong to them, which normalising may put together with it.
    parts, offsets = [], []
    for letter in _CHARACTER_WITH_MARKS.finditer(text):
        folded = normalise_text(letter[0])
        parts.append(folded)
        offsets += [letter.start()] * len(folded)
    return "".join(parts), [*offsets, len(text)]


def find_hits(text: str, patterns: list[re.Pattern[str]]) -> list[Hit]:
    """Where the terms stand, in order."""
    folded, offsets = _normalise_with_offsets(text)
    found = []
    for number, pattern in enumerate(patterns):
        for hit in islice(pattern.finditer(folded), MAX_HITS_PER_TERM):
            start, end = hit.span()
            if offsets:
                start, end = offsets[start], offsets[bisect_right(offsets, offsets[end - 1])]
            found.append((start, end, number))
    return sorted(found)


def _mark_spans(text: str, spans: list[Span]) -> SafeString:
    """`text` escaped, with the spans, which are in order, marked; those that touch as one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    before = [0, *(end for _start, end in joined)]
    pieces = ((text[at:start], text[start:end]) for at, (start, end) in zip(before, joined, strict=False))
    return format_html_join("", "{}<mark>{}</mark>", pieces) + escape(text[before[-1] :])


def highlight(text: str, patterns: list[re.Pattern[str]]) -> SafeString:
    """The whole text, escaped, with every place of a term marked."""
    return mark_hits(text, find_hits(text, patterns))


def mark_hits(text: str, hits: list[Hit]) -> SafeString:
    """The whole text, escaped, with the hits marked."""
    return _mark_spans(text, [(start, end) for start, end, _term in hits])


def holds_term(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether a term stands in a text. `pattern`: of `compile_terms`."""
    return bool(pattern.search(normalise_text(text)))


def make_snippet(text: str, hits: list[Hit]) -> SafeString:
    """About SNIPPET_CHARS characters where most of the terms stand together, escaped and marked; "" where none stands.

    It ends before or after a word that is marked, never within. `hits`: of `find_hits` in this very text.
    """
    if not hits:
        return SafeString("")
    start, end = _snippet_bounds(text, [(at, to) for at, to, _term in hits], _densest_position(hits))
    spans = [(at - start, to - start) for at, to, _term in hits if start <= at and to <= end]
    shown = _mark_spans(re.sub(r"\s", " ", text[start:end]), spans)
    return format_html("{}{}{}", "…" if text[:start].strip() else "", shown, "…" if text[end:].strip() else "")


def _snippet_bounds(text: str, words: list[Span], first: int) -> Span:
    """From the beginning of the sentence, when that is near, and wide enough for the words at both ends."""
    earliest = max(0, first - MAX_LEAD_CHARS)
    stop = max(text.rfind(sign, earliest, first) for sign in _SENTENCE_ENDS)
    start = stop + 1 if stop >= 0 else earliest
    end = min(len(text), max(start + SNIPPET_CHARS, next(to for at, to in words if at == first)))
    while across := [(at, to) for at, to in words if at < start < to or at < end < to]:
        wider = min(start, *(at for at, _to in across)), max(end, *(to for _at, to in across))
        if wider[1] - wider[0] > MAX_SNIPPET_CHARS:
            break
        start, end = wider
    return start, end


def _densest_position(hits: list[Hit]) -> int:
    """Where the window begins in which most different terms stand, the first of several."""
    best, position, last = 0, hits[0][0], 0
    inside: dict[int, int] = {}
    for at, _to, _term in hits:
        while last < len(hits) and hits[last][0] < at + SNIPPET_CHARS - MAX_LEAD_CHARS:
            inside[hits[last][2]] = inside.get(hits[last][2], 0) + 1
            last += 1
        if (different := sum(map(bool, inside.values()))) > best:
            best, position = different, at
        inside[_term] -= 1
    return position
