"""What of a text to show beside a result, with the words that were looked for marked.

Everything that is returned is escaped but for <mark>, which stands only where a word was found.
"""

import re
from bisect import bisect_right
from itertools import islice

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from articles.words import normalise, pieces_of

LENGTH = 120  # characters of an extract
BEFORE = 24  # characters that may stand before the first word found
LONGEST = 3 * LENGTH  # however many words run into each other at its ends
MOST_HITS = 500  # places of one term that are looked at

Span = tuple[int, int]  # from, to (excluded)

_STOPS = "。！？；\n!?;"
# What may be put together with the character before it: combining marks, the vowels and finals of Hangul.
_MARK = re.compile(
    "[\u0300-\u036f\u1160-\u11ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f]"
)
_LETTER = re.compile(f"(?s:.){_MARK.pattern}*")


def patterns(terms: list[str]) -> list[re.Pattern[str]]:
    """A pattern a term for normalised text: its runs, with anything between them that is neither letter nor digit."""
    return [re.compile(r"[\W_]++".join(map(re.escape, pieces_of(term)))) for term in terms]


def _folded(text: str) -> tuple[str, list[int] | None]:
    """(normalised text, where each of its characters stands in `text`; None: where it stands itself)."""
    whole = normalise(text)
    # Without marks each character becomes one or more of its own: as many as before are one each.
    if len(whole) == len(text) and not _MARK.search(text):
        return whole, None
    # By letters with the marks that belong to them, which normalising may put together with it.
    out, places = [], []
    for letter in _LETTER.finditer(text):
        folded = normalise(letter[0])
        out.append(folded)
        places += [letter.start()] * len(folded)
    return "".join(out), [*places, len(text)]


def _hits(text: str, wanted: list[re.Pattern[str]]) -> list[tuple[int, int, int]]:
    """(from, to, number of the term), in order."""
    folded, places = _folded(text)
    found = []
    for number, pattern in enumerate(wanted):
        for hit in islice(pattern.finditer(folded), MOST_HITS):
            start, end = hit.span()
            if places:
                start, end = places[start], places[bisect_right(places, places[end - 1])]
            found.append((start, end, number))
    return sorted(found)


def _marked(text: str, spans: list[Span]) -> SafeString:
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


def highlight(text: str, wanted: list[re.Pattern[str]]) -> SafeString:
    """The whole text, escaped, with every place of a term marked."""
    return _marked(text, [(start, end) for start, end, _term in _hits(text, wanted)])


def extract(text: str, wanted: list[re.Pattern[str]]) -> SafeString:
    """About LENGTH characters where most of the terms stand together, escaped and marked; "" where none stands.

    It ends before or after a word that is marked, never within.
    """
    text = text.strip()
    hits = _hits(text, wanted)
    if not hits:
        return SafeString("")
    start, end = _window(text, [(at, to) for at, to, _term in hits], _densest(hits))
    spans = [(at - start, to - start) for at, to, _term in hits if start <= at and to <= end]
    shown = _marked(re.sub(r"\s", " ", text[start:end]), spans)
    return format_html("{}{}{}", "…" if text[:start].strip() else "", shown, "…" if text[end:].strip() else "")


def _window(text: str, words: list[Span], first: int) -> Span:
    """From the beginning of the sentence, when that is near, and wide enough for the words at both ends."""
    earliest = max(0, first - BEFORE)
    stop = max(text.rfind(sign, earliest, first) for sign in _STOPS)
    start = stop + 1 if stop >= 0 else earliest
    end = min(len(text), max(start + LENGTH, next(to for at, to in words if at == first)))
    while across := [(at, to) for at, to in words if at < start < to or at < end < to]:
        wider = min(start, *(at for at, _to in across)), max(end, *(to for _at, to in across))
        if wider[1] - wider[0] > LONGEST:
            break
        start, end = wider
    return start, end


def _densest(hits: list[tuple[int, int, int]]) -> int:
    """Where the window begins in which most different terms stand, the first of several."""
    best, place, last = 0, hits[0][0], 0
    inside: dict[int, int] = {}
    for at, _to, _term in hits:
        while last < len(hits) and hits[last][0] < at + LENGTH - BEFORE:
            inside[hits[last][2]] = inside.get(hits[last][2], 0) + 1
            last += 1
        if (different := sum(map(bool, inside.values()))) > best:
            best, place = different, at
        inside[_term] -= 1
    return place
