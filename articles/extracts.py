"""What of a text to show beside a result, with the words that were looked for marked.

Everything that is returned is escaped but for <mark>, which stands only where a word was found.
"""

import re
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from articles.search import normalise, pieces_of

LENGTH = 120  # characters of an extract
BEFORE = 24  # characters that may stand before the first word found
MOST_HITS = 500  # places of one term that are looked at

Span = tuple[int, int]  # from, to (excluded)

_STOPS = "。！？；\n!?;"


def patterns(terms: list[str]) -> list[re.Pattern[str]]:
    """A pattern a term for normalised text: its runs, with anything between them that is neither letter nor digit."""
    return [re.compile(r"[\W_]+".join(map(re.escape, pieces_of(term)))) for term in terms]


def _folded(text: str) -> tuple[str, list[int] | None]:
    """(normalised text, where each of its characters stands in `text`; None: where it stands itself)."""
    whole = normalise(text)
    if len(whole) == len(text):
        return whole, None
    single = [normalise(character) for character in text]
    return "".join(single), [at for at, folded in enumerate(single) for _ in folded] + [len(text)]


def _hits(text: str, wanted: list[re.Pattern[str]]) -> list[tuple[int, int, int]]:
    """(from, to, number of the term), in order."""
    folded, places = _folded(text)
    found = []
    for number, pattern in enumerate(wanted):
        for hit in islice(pattern.finditer(folded), MOST_HITS):
            start, end = hit.span()
            if places:
                start, end = places[start], places[end - 1] + 1
            found.append((start, end, number))
    return sorted(found)


def _marked(text: str, spans: list[Span]) -> SafeString:
    """`text` escaped, with the spans, which are in order, marked."""
    out, at = [], 0
    for start, end in spans:
        if end > at:
            out += [escape(text[at : max(start, at)]), "<mark>", escape(text[max(start, at) : end]), "</mark>"]
            at = end
    out.append(escape(text[at:]))
    return mark_safe("".join(out).replace("</mark><mark>", ""))  # noqa: S308


def highlight(text: str, wanted: list[re.Pattern[str]]) -> SafeString:
    """The whole text, escaped, with every place of a term marked."""
    return _marked(text, [(start, end) for start, end, _term in _hits(text, wanted)])


def extract(text: str, wanted: list[re.Pattern[str]]) -> SafeString:
    """About LENGTH characters where most of the terms stand together, escaped and marked; "" where none stands."""
    hits = _hits(text, wanted)
    if not hits:
        return SafeString("")
    first = _densest(hits)
    # From the beginning of the sentence, when that is near.
    earliest = max(0, first - BEFORE)
    stop = max(text.rfind(sign, earliest, first) for sign in _STOPS)
    start = stop + 1 if stop >= 0 else earliest
    end = min(len(text), max(start + LENGTH, next(to for at, to, _ in hits if at == first)))
    spans = [(max(at, start) - start, min(to, end) - start) for at, to, _term in hits if at < end and to > start]
    shown = _marked(re.sub(r"\s", " ", text[start:end]), spans)
    return mark_safe(("…" if text[:start].strip() else "") + shown + ("…" if text[end:].strip() else ""))  # noqa: S308


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
