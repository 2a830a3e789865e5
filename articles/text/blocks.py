"""Parsing of a body into blocks: paragraphs, headings, table rows, pictures."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from articles.text.markup import HtmlToken, html_tokens

# Kind of a block → what it is called.
BLOCK_NAMES = {
    "paragraph": _("paragraph"),
    "h2": _("heading"),
    "h3": _("heading of the second level"),
    "h4": _("heading of the third level"),
    "item": _("item of a list"),
    "row": _("row of a table"),
    "caption": _("caption"),
    "quotation": _("quotation"),
    "pre": _("text as typed"),
    "picture": _("picture"),
    "rule": _("dividing line"),
}
_KIND_BY_TAG = {
    "p": "paragraph",
    "div": "paragraph",
    "h2": "h2",
    "h3": "h3",
    "h4": "h4",
    "li": "item",
    "pre": "pre",
    "caption": "caption",
    "figcaption": "caption",
    "tr": "row",
    "blockquote": "quotation",
}
_CONTAINER_TAGS = {"ul", "ol", "table", "thead", "tbody", "tfoot", "figure"}
CELL_SEPARATOR = " | "


@dataclass
class BodyBlock:
    """`text`: its words; of a picture what it shows (alt). `source`: with tags, to tell a change of format."""

    kind: str
    text: str
    source: str
    links: tuple[str, ...] = ()
    address: str = ""  # of a picture

    @property
    def comparison_key(self) -> str:
        """The same in blocks that say the same, however they look."""
        return f"\0{self.source}" if self.kind in ("picture", "rule") else self.text

    @property
    def name(self) -> str:
        return str(BLOCK_NAMES[self.kind])


@dataclass
class _BlockParser:
    blocks: list[BodyBlock] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)  # tags that say of what kind a block is
    text_parts: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    row_depth: int = 0  # how deep in rows of tables
    pending_pictures: list[BodyBlock] = field(
        default_factory=list
    )  # pictures, to stand behind the words that they stand in

    def append(self, words: str, source: str) -> None:
        if words:
            self.text_parts.append(words)
        self.source.append(source)

    def finish_block(self) -> None:
        text = " ".join("".join(self.text_parts).split())
        if text.strip(CELL_SEPARATOR):
            kind = next((_KIND_BY_TAG[tag] for tag in reversed(self.open_tags)), "paragraph")
            if kind == "paragraph" and "blockquote" in self.open_tags:
                kind = "quotation"
            elif kind == "paragraph" and "li" in self.open_tags:
                kind = "item"
            self.blocks.append(
                BodyBlock("row" if self.row_depth else kind, text, "".join(self.source), tuple(self.links))
            )
        self.blocks += self.pending_pictures
        self.text_parts, self.source, self.links, self.pending_pictures = [], [], [], []


def parse_blocks(html: str) -> list[BodyBlock]:
    """The blocks of sanitised HTML, in order. A row of a table is one, whatever its cells hold."""
    reader = _BlockParser()
    for token in html_tokens(html):
        match token.tag:
            case "":
                reader.append(token.text, token.source)
            case "br":
                reader.append(" ", token.source)
            case "td" | "th":
                reader.append(CELL_SEPARATOR if reader.text_parts and not token.is_closing else "", token.source)
            case "hr":
                reader.finish_block()
                reader.blocks.append(BodyBlock("rule", "", token.source))
            case "img":
                _add_picture(reader, token)
            case tag if tag in _KIND_BY_TAG:
                _handle_block_tag(reader, tag, token.is_closing, token.source)
            case tag if tag not in _CONTAINER_TAGS:
                reader.append("", token.source)
                reader.links += [token.attributes().get("href", "")] if tag == "a" and not token.is_closing else []
            case _ if not reader.row_depth:
                reader.finish_block()
    reader.finish_block()
    return reader.blocks


def _add_picture(reader: _BlockParser, token: HtmlToken) -> None:
    shown = token.attributes()
    reader.pending_pictures.append(
        BodyBlock("picture", shown.get("alt", ""), token.source, address=shown.get("src", ""))
    )
    if not reader.row_depth and not reader.open_tags:
        reader.finish_block()


def _handle_block_tag(reader: _BlockParser, tag: str, closes: bool, source: str) -> None:
    """A block begins or ends here; inside a row everything is part of the row."""
    is_inside = reader.row_depth > (tag == "tr" and closes and reader.row_depth == 1)
    if is_inside:
        reader.text_parts.append(" ")
        reader.source.append(source)
    elif not closes:
        reader.finish_block()
    if closes:
        if not is_inside:
            reader.source.append(source)
            reader.finish_block()
        if tag == "tr":
            reader.row_depth -= 1
        if tag in reader.open_tags:
            del reader.open_tags[len(reader.open_tags) - 1 - reader.open_tags[::-1].index(tag)]
    else:
        reader.open_tags.append(tag)
        if tag == "tr":
            reader.row_depth += 1
        if not is_inside:
            reader.source.append(source)
