"""A visitor for tests: opens pages without JavaScript and reads them."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.test import Client

EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element:
    """One element: its name, attributes, words, and what stands in it."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.inner: list[Element | str] = []

    @property
    def words(self) -> str:
        """Everything that can be read in it, blanks folded."""
        return " ".join("".join(self._pieces()).split())

    def _pieces(self) -> Iterator[str]:
        for part in self.inner:
            yield from [part] if isinstance(part, str) else part._pieces()

    def all(self, tag: str = "", **attributes: str) -> "list[Element]":
        """Elements in it, however deep, in order; `class_` asks for one of several classes."""
        return [found for found in self._every() if found.matches(tag, attributes)]

    def one(self, tag: str = "", **attributes: str) -> "Element":
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} × {tag} {attributes}"
        return found[0]

    def matches(self, tag: str, attributes: dict[str, str]) -> bool:
        for name, value in attributes.items():
            own = self.attributes.get(name.rstrip("_"), "")
            if value not in (own.split() if name == "class_" else [own]):
                return False
        return tag in ("", self.tag)

    def _every(self) -> "Iterator[Element]":
        for part in self.inner:
            if isinstance(part, Element):
                yield part
                yield from part._every()

    def links(self) -> list[tuple[str, str]]:
        """(address, words) of every link in it, the words for screen readers left out."""
        return [(link.attributes["href"], link.seen_words) for link in self.all("a") if "href" in link.attributes]

    @property
    def seen_words(self) -> str:
        shown = [
            part for part in self.inner if isinstance(part, str) or not part.matches("", {"class_": "visually-hidden"})
        ]
        return " ".join("".join(part if isinstance(part, str) else part.words for part in shown).split())


class Page(Element):
    """What the server answered: `status` and `headers`, and the elements of the page."""

    def __init__(self, response: Any) -> None:
        super().__init__("", {})
        self.response, self.status, self.headers = response, response.status_code, response.headers
        self.html = response.content.decode()
        builder = _Builder(self)
        builder.feed(self.html)
        builder.close()
        assert not builder.wrongly_closed, f"elements that do not nest: {builder.wrongly_closed}"

    @property
    def titles(self) -> list[str]:
        """The titles in the listing of the page, in order."""
        return [found.seen_words for found in self.all("span", class_="listing-title")]


class _Builder(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.open: list[Element] = [page]
        self.wrongly_closed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inner.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inner.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag == tag:
            self.open.pop()
        elif tag not in EMPTY:
            self.wrongly_closed.append(tag)

    def handle_data(self, data: str) -> None:
        self.open[-1].inner.append(data)


def visit(address: str, client: Client | None = None, **extra: Any) -> Page:
    return Page((client or Client()).get(address, **extra))


def is_run(script: Element) -> bool:
    """Whether a browser would run the element, and not merely keep what stands in it."""
    return script.attributes.get("type", "text/javascript") in ("text/javascript", "module")
