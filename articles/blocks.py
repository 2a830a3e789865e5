"""The body of an article as a list of blocks: what a reader takes for one paragraph, heading, row or picture."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from articles.markup import Token, tokens

# Kind of a block → what it is called.
NAMES = {
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
_KINDS = {
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
_GROUPS = {"ul", "ol", "table", "thead", "tbody", "tfoot", "figure"}
BETWEEN_CELLS = " | "


@dataclass
class Block:
    """`text`: its words; of a picture what it shows (alt). `source`: with tags, to tell a change of format."""

    kind: str
    text: str
    source: str
    links: tuple[str, ...] = ()
    address: str = ""  # of a picture

    @property
    def key(self) -> str:
        """The same in blocks that say the same, however they look."""
        return f"\0{self.source}" if self.kind in ("picture", "rule") else self.text

    @property
    def name(self) -> str:
        return str(NAMES[self.kind])


@dataclass
class _Reader:
    done: list[Block] = field(default_factory=list)
    open: list[str] = field(default_factory=list)  # tags that say of what kind a block is
    words: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rows: int = 0  # how deep in rows of tables
    waiting: list[Block] = field(default_factory=list)  # pictures, to stand behind the words that they stand in

    def say(self, words: str, source: str) -> None:
        if words:
            self.words.append(words)
        self.source.append(source)

    def end(self) -> None:
        text = " ".join("".join(self.words).split())
        if text.strip(BETWEEN_CELLS):
            kind = next((_KINDS[tag] for tag in reversed(self.open)), "paragraph")
            if kind == "paragraph" and "blockquote" in self.open:
                kind = "quotation"
            elif kind == "paragraph" and "li" in self.open:
                kind = "item"
            self.done.append(Block("row" if self.rows else kind, text, "".join(self.source), tuple(self.links)))
        self.done += self.waiting
        self.words, self.source, self.links, self.waiting = [], [], [], []


def blocks(html: str) -> list[Block]:
    """The blocks of sanitised HTML, in order. A row of a table is one, whatever its cells hold."""
    reader = _Reader()
    for token in tokens(html):
        match token.tag:
            case "":
                reader.say(token.words, token.source)
            case "br":
                reader.say(" ", token.source)
            case "td" | "th":
                reader.say(BETWEEN_CELLS if reader.words and not token.closes else "", token.source)
            case "hr":
                reader.end()
                reader.done.append(Block("rule", "", token.source))
            case "img":
                _picture(reader, token)
            case tag if tag in _KINDS:
                _boundary(reader, tag, token.closes, token.source)
            case tag if tag not in _GROUPS:
                reader.say("", token.source)
                reader.links += [token.attributes().get("href", "")] if tag == "a" and not token.closes else []
            case _ if not reader.rows:
                reader.end()
    reader.end()
    return reader.done


def _picture(reader: _Reader, token: Token) -> None:
    shown = token.attributes()
    reader.waiting.append(Block("picture", shown.get("alt", ""), token.source, address=shown.get("src", "")))
    if not reader.rows and not reader.open:
        reader.end()


def _boundary(reader: _Reader, tag: str, closes: bool, source: str) -> None:
    """A block begins or ends here; inside a row everything is part of the row."""
    is_inside = reader.rows > (tag == "tr" and closes and reader.rows == 1)
    if is_inside:
        reader.words.append(" ")
        reader.source.append(source)
    elif not closes:
        reader.end()
    if closes:
        if not is_inside:
            reader.source.append(source)
            reader.end()
        if tag == "tr":
            reader.rows -= 1
        if tag in reader.open:
            del reader.open[len(reader.open) - 1 - reader.open[::-1].index(tag)]
    else:
        reader.open.append(tag)
        if tag == "tr":
            reader.rows += 1
        if not is_inside:
            reader.source.append(source)
