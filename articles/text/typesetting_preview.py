"""Preview of what typesetting changes, paragraph by paragraph."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from articles.text.character_diff import DiffBudget
from articles.text.plain_text import plain_text
from articles.text.typesetting import block_tag_pattern


@dataclass(frozen=True)
class TypesettingChange:
    """A paragraph that changed. `before`, `after`: tags of its blocks; `pieces`: ("=", "-" or "+", words) in order."""

    before: str
    after: str
    pieces: list[tuple[str, str]]


def compare_typeset(before: str, after: str) -> list[TypesettingChange]:
    """What differs between sanitised HTML and the same, set. Words do not, so paragraphs are found by them."""
    old, new = _block_texts(before), _block_texts(after)
    budget = DiffBudget()
    found = []
    for were, now in _paired_blocks(old, new, budget):
        was, is_now = (side[0] if len(side) == 1 else _join_lines(side) for side in (were, now))
        if was != is_now:
            pieces = list(_pieces(was[1], is_now[1], budget))
            found.append(TypesettingChange(was[0], is_now[0], pieces))
    return found


BlockText = tuple[str, str]  # tag of the innermost block, its own words


def _paired_blocks(
    old: list[BlockText], new: list[BlockText], budget: DiffBudget
) -> Iterator[tuple[list[BlockText], list[BlockText]]]:
    """Blocks with the same words one by one; those between two of them together."""
    signs: dict[str, str] = {}
    left, right = (
        "".join(signs.setdefault(_word_characters(words), chr(0x10000 + len(signs))) for _tag, words in side)
        for side in (old, new)
    )
    at = to = 0
    were: list[BlockText] = []
    now: list[BlockText] = []
    for operation, length in budget.diff(left, right, cleanup="No"):
        if operation != "+":
            were += old[at : at + length]
            at += length
        if operation != "-":
            now += new[to : to + length]
            to += length
        if operation == "=":
            if len(were) > length or len(now) > length:
                yield were[:-length], now[:-length]
            yield from (([one], [other]) for one, other in zip(were[-length:], now[-length:], strict=True))
            were, now = [], []
    if were or now:
        yield were, now


def _pieces(old: str, new: str, budget: DiffBudget) -> Iterator[tuple[str, str]]:
    at = to = 0
    for operation, length in budget.diff(old, new, cleanup="No"):
        yield operation, new[to : to + length] if operation == "+" else old[at : at + length]
        at, to = at + (length if operation != "+" else 0), to + (length if operation != "-" else 0)


_collapsible_blanks = re.compile("[ \t\r\n]+")  # is one blank on the page; editors break and indent their HTML with it
_line_break = re.compile(" *(<br>) *")


def _block_texts(html: str) -> list[BlockText]:
    """(tag of the innermost block, its own words) in order."""
    found, open_tags, begin = [], [""], 0
    for tag in block_tag_pattern.finditer(html):
        words = plain_text(_line_break.sub(r"\1", _collapsible_blanks.sub(" ", html[begin : tag.start()])).strip(" "))
        if words.strip("\n") or (tag[1] and tag[2] in ("p", "h2", "h3", "h4")):
            found.append((open_tags[-1], words))
        begin = tag.end()
        if tag[1] and len(open_tags) > 1:
            open_tags.pop()
        elif not tag[1] and tag[2] != "hr":
            open_tags.append(tag[2])
    return found


def _word_characters(words: str) -> str:
    return re.sub(r"\W", "", words)


def _join_lines(lines: list[BlockText]) -> BlockText:
    return (lines[0][0] if lines else ""), "\n".join(words for _, words in lines)
