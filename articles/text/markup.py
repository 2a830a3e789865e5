"""Tokenizer for sanitised HTML: a sequence of tags and text."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

# Where one of these stands, the words before it and those after it are not one line of text.
BLOCK_TAGS = frozenset(
    "p h2 h3 h4 div blockquote pre hr br ul ol li img figure figcaption "
    "table caption thead tbody tfoot tr th td".split()
)

_token_pattern = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>|[^<]+|<')
_attribute_pattern = re.compile(r' ([a-z-]+)="([^"]*)"')


class HtmlToken(NamedTuple):
    """A tag (`tag` names it) or words (`tag` is ""). `source`: as it is written."""

    source: str
    tag: str = ""
    is_closing: bool = False
    raw_attributes: str = ""  # attributes, as they are written

    @property
    def text(self) -> str:
        return "" if self.tag else unescape(self.source)

    def attributes(self) -> dict[str, str]:
        return {name: unescape(value) for name, value in _attribute_pattern.findall(self.raw_attributes)}


def html_tokens(html: str) -> Iterator[HtmlToken]:
    for found in _token_pattern.finditer(html):
        yield HtmlToken(found[0], found[2] or "", bool(found[1]), found[3] or "")


def text_content(html: str) -> str:
    """The words alone, one after the other, as a browser's `textContent` has them."""
    return "".join(token.text for token in html_tokens(html))
