"""What setting a text (articles.typesetting) changed, paragraph by paragraph, for its writer to see beforehand."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from fast_diff_match_patch import diff

from articles.sanitising import plain_text
from articles.typesetting import block_tag


@dataclass(frozen=True)
class Change:
    """A paragraph that changed. `before`, `after`: tags of its blocks; `pieces`: ("=", "-" or "+", words) in order."""

    before: str
    after: str
    pieces: list[tuple[str, str]]


def changes(before: str, after: str) -> list[Change]:
    """What differs between sanitised HTML and the same, set. Words do not, so paragraphs are found by them."""
    old, new = _lines(before), _lines(after)
    matcher = SequenceMatcher(
        None, [_key(words) for _, words in old], [_key(words) for _, words in new], autojunk=False
    )
    found = []
    for kind, i, j, k, m in matcher.get_opcodes():
        pairs = zip(old[i:j], new[k:m], strict=True) if kind == "equal" else [(_joined(old[i:j]), _joined(new[k:m]))]
        for was, now in pairs:
            if was != now:
                pieces = [
                    (operation, words) for operation, words in diff(was[1], now[1], counts_only=False, cleanup="No")
                ]
                found.append(Change(was[0], now[0], pieces))
    return found


_drawn = re.compile("[ \t\r\n]+")  # is one blank on the page; editors break and indent their HTML with it
_broken = re.compile(" *(<br>) *")


def _lines(html: str) -> list[tuple[str, str]]:
    """(tag of the innermost block, its own words) in order."""
    found, open_tags, begin = [], [""], 0
    for tag in block_tag.finditer(html):
        words = plain_text(_broken.sub(r"\1", _drawn.sub(" ", html[begin : tag.start()])).strip(" "))
        if words.strip("\n") or (tag[1] and tag[2] in ("p", "h2", "h3", "h4")):
            found.append((open_tags[-1], words))
        begin = tag.end()
        if tag[1] and len(open_tags) > 1:
            open_tags.pop()
        elif not tag[1] and tag[2] != "hr":
            open_tags.append(tag[2])
    return found


def _key(words: str) -> str:
    return re.sub(r"\W", "", words)


def _joined(lines: list[tuple[str, str]]) -> tuple[str, str]:
    return (lines[0][0] if lines else ""), "\n".join(words for _, words in lines)
