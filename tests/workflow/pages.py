"""HTML helpers: elements, attributes and form values of a page."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """`elements`: (tag, attributes) in order. `fields`: name → what a browser would send for it."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, str] = {}
        self._textarea = ""
        self._select = ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        name = attributes.get("name", "")
        if tag == "textarea":
            self._textarea = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in attributes:
            self.fields[self._select] = attributes.get("value", "")
        elif tag == "input" and name and self._is_sent(attributes):
            self.fields[name] = attributes.get("value", "")

    @staticmethod
    def _is_sent(attributes: dict[str, str]) -> bool:
        return attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data.removeprefix("\n")  # Django writes one after the tag, which is not sent

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def having(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Attributes of each `tag` that has these ones."""
        wanted = attributes.items()
        return [found for name, found in self.elements if name == tag and wanted <= found.items()]

    def verdicts(self) -> set[str]:
        """Values of the buttons that decide."""
        return {found["value"] for found in self.having("button", name="verdict")}

    def acts(self) -> set[str]:
        """Names of the acts that forms of the page would do."""
        actions = [found.get("action", "") for found in self.having("form", method="post")]
        return {action.rstrip("/").rsplit("/", 1)[1] for action in actions if "/act/" in action}


def text_of(response: Any) -> str:
    """What the page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())
