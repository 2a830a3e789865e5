"""Sanitised HTML as a row of tags and words. The sanitiser writes it in one form, so that a pattern takes it apart."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

# Where one of these stands, the words before it and those after it are not one line of text.
BREAKING = frozenset(
    "p h2 h3 h4 div blockquote pre hr br ul ol li img figure figcaption "
    "table caption thead tbody tfoot tr th td".split()
)

_token = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>|[^<]+|<')
_attribute = re.compile(r' ([a-z-]+)="([^"]*)"')


class Token(NamedTuple):
    """A tag (`tag` names it) or words (`tag` is ""). `source`: as it is written."""

    source: str
    tag: str = ""
    closes: bool = False
    written: str = ""  # attributes, as they are written

    @property
    def words(self) -> str:
        return "" if self.tag else unescape(self.source)

    def attributes(self) -> dict[str, str]:
        return {name: unescape(value) for name, value in _attribute.findall(self.written)}


def tokens(html: str) -> Iterator[Token]:
    for found in _token.finditer(html):
        yield Token(found[0], found[2] or "", bool(found[1]), found[3] or "")


def running_text(html: str) -> str:
    """The words alone, one after the other, as a browser's `textContent` has them."""
    return "".join(token.words for token in tokens(html))
