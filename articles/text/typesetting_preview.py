"""Preview of what typesetting changes, paragraph by paragraph."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from fast_diff_match_patch import diff

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
    matcher = SequenceMatcher(
        None,
        [_word_characters(words) for _, words in old],
        [_word_characters(words) for _, words in new],
        autojunk=False,
    )
    found = []
    for kind, i, j, k, m in matcher.get_opcodes():
        pairs = (
            zip(old[i:j], new[k:m], strict=True)
            if kind == "equal"
            else [(_join_lines(old[i:j]), _join_lines(new[k:m]))]
        )
        for was, now in pairs:
            if was != now:
                pieces = [
                    (operation, words) for operation, words in diff(was[1], now[1], counts_only=False, cleanup="No")
                ]
                found.append(TypesettingChange(was[0], now[0], pieces))
    return found


_collapsible_blanks = re.compile("[ \t\r\n]+")  # is one blank on the page; editors break and indent their HTML with it
_line_break = re.compile(" *(<br>) *")


def _block_texts(html: str) -> list[tuple[str, str]]:
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


def _join_lines(lines: list[tuple[str, str]]) -> tuple[str, str]:
    return (lines[0][0] if lines else ""), "\n".join(words for _, words in lines)
