"""Bounds on HTML: one linear scan counts tags and depth, and rewrites the tags for the parser.

Parsers take time squared for some HTML: html5ever (nh3) looks through all open elements at each tag, and Python's
HTMLParser reads on to the end of the text for each tag that is cut off. A count alone would not help, because a
scanner and a parser that disagree about one quotation mark count different tags. So the scan writes what it has read
in a form that is read in one way only: attributes quoted, every other "<" escaped. The parser gets that.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inputs.exceptions import InputTooLarge

VOID_ELEMENTS = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_RAW_TEXT_ELEMENTS = frozenset(["script", "style"])  # their content is text up to their end tag
# To browsers so is that of these. Where they are kept, their tags are read like any other, as Python's parser does.
_REMOVED_AS_TEXT = _RAW_TEXT_ELEMENTS | {"noscript", "iframe", "title"}
# End tags that HTML lets people leave out: element → start tags that end it where it is the innermost one.
_TABLE_PARTS = frozenset(["thead", "tbody", "tfoot"])
_IMPLIED_ENDS = {
    "p": frozenset("p div h1 h2 h3 h4 h5 h6 ul ol pre table blockquote hr figure li td th tr".split()),
    "li": frozenset(["li"]),
    "td": frozenset(["td", "th", "tr"]) | _TABLE_PARTS,
    "th": frozenset(["td", "th", "tr"]) | _TABLE_PARTS,
    "tr": frozenset(["tr"]) | _TABLE_PARTS,
    **dict.fromkeys(_TABLE_PARTS, _TABLE_PARTS),
}
# A parser opens these again in each block that begins before they have ended.
_FORMATTING_ELEMENTS = frozenset("a b big code em font i nobr s small strike strong tt u".split())

_token_pattern = re.compile(
    r"<!--(?:-?>|(?P<comment>.*?)(?:--!?>|\Z))"
    r"|<(?:[!?]|/(?![a-z]))[^>]*+(?:>|\Z)"  # declarations and what browsers take for a comment
    r"""|<(?P<closes>/?)(?P<name>[a-z][^\s/>"'<=]*+)"""
    r"""(?P<attributes>(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+)*+)(?:>|\Z)""",
    re.IGNORECASE | re.DOTALL,
)
_attribute_pattern = re.compile(
    r"""([^\s/=]++)(?:\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>]*+)))?+""",
    re.DOTALL,
)
_attribute_name = re.compile(r"[a-zA-Z_:@][^\s/>\"'<=]*")


@dataclass(frozen=True)
class HtmlLimits:
    """The most that one text may have. `characters`: without pictures in data: addresses. `advice`: what to do.

    `depth`: elements inside each other; None for parsers that do not build a tree. `formatting`: open elements such
    as <b> and <a>, added up over all tags: so many elements at most does a parser make of them.
    """

    characters: int
    tags: int
    advice: str | Promise
    depth: int | None = 200
    attributes: int = 100
    formatting: int = 1_000_000


# 150 printed pages are 400,000 characters of clean HTML; what Word and browsers put on the clipboard is ten times that.
ARTICLE_LIMITS = HtmlLimits(characters=4_000_000, tags=200_000, advice=gettext_lazy("Split the article."))


def rewrite_html(
    html: str, limits: HtmlLimits, *, kept: Collection[str] | None = None, removed: Collection[str] = ()
) -> str:
    """Return the same HTML with rewritten tags, so that a parser reads what was counted.

    `kept`: elements whose tags stay; those of others go, and so do comments; None keeps all. `removed`: elements that
    go with all that is in them. Declarations go always. Line breaks stay, so that lines keep their numbers, when all is
    kept. Raises InputTooLarge before anything is parsed.
    """
    scan = _Scan(html, limits, kept, frozenset(removed))
    scan.run()
    return "".join(scan.written)


@dataclass
class _Scan:
    html: str
    limits: HtmlLimits
    kept: Collection[str] | None
    removed: frozenset[str]
    written: list[str] = field(default_factory=list)
    tags: int = 0
    data_characters: int = 0
    open_elements: list[str] = field(default_factory=list)
    open_formatting: int = 0
    formatting: int = 0
    removing: str = ""  # the element that goes with its content
    removing_depth: int = 0
    last_ends: dict[str, int] = field(default_factory=dict)  # name → where its last end tag begins

    def run(self) -> None:
        at = 0
        while found := _token_pattern.search(self.html, at):
            self.write_text(self.html[at : found.start()])
            at = found.end()
            self.tags += 1
            if self.tags > self.limits.tags:
                raise self.too_large(_("It has more than %(limit)d tags. %(advice)s"), self.limits.tags)
            if found["name"]:
                at = self.read_tag(found, at)
            elif self.kept is None:
                comment = f"<!--{found['comment']}-->" if found["comment"] else ""
                self.written.append(comment + "\n" * (found[0].count("\n") - comment.count("\n")))
        self.write_text(self.html[at:])
        if len(self.html) - self.data_characters > self.limits.characters:
            text = _("It has more than %(limit)d characters with its markup. %(advice)s")
            raise self.too_large(text, self.limits.characters)

    def too_large(self, text: str, limit: int) -> InputTooLarge:
        return InputTooLarge(text, params={"limit": limit, "advice": self.limits.advice})

    def write_text(self, text: str) -> None:
        if text and not self.removing:
            self.written.append(text.replace("<", "&lt;"))

    def read_tag(self, found: re.Match, at: int) -> int:
        """Handle one tag that ends at `at`. Return where to go on: behind the content for raw text."""
        name, closes = found["name"].lower(), bool(found["closes"])
        if self.removing:
            if name == self.removing:
                self.removing_depth += -1 if closes else 1
                self.removing = self.removing if self.removing_depth else ""
            return at
        if name in self.removed and not closes:
            return self.begin_removing(name, at)
        if name in self.removed or (self.kept is not None and name not in self.kept):
            return at
        attributes = "" if closes else self.attributes_of(found["attributes"])
        lines = "\n" * (found[0].count("\n") - attributes.count("\n")) if self.kept is None else ""
        self.written.append(f"<{found['closes']}{name}{attributes}{lines}>")
        if closes:
            self.close(name)
            return at
        self.open(name)
        if name not in _RAW_TEXT_ELEMENTS:
            return at
        end = self.end_of(name, at)
        self.written.append(self.html[at:end])
        return end

    def begin_removing(self, name: str, at: int) -> int:
        if name in _REMOVED_AS_TEXT:
            return self.end_of(name, at)  # its end tag goes as any of a removed element
        if name not in VOID_ELEMENTS and at <= self.last_end(name):
            self.removing, self.removing_depth = name, 1
        return at

    def last_end(self, name: str) -> int:
        """Looked up once for each name: to search on from each start tag would take time squared."""
        if name not in self.last_ends:
            self.last_ends[name] = max((end.start() for end in _end_tag(name).finditer(self.html)), default=-1)
        return self.last_ends[name]

    def end_of(self, name: str, at: int) -> int:
        """Where the content of raw text ends: at its end tag, or with the text."""
        if at > self.last_end(name):
            return len(self.html)
        return _end_tag(name).search(self.html, at).start()

    def attributes_of(self, source: str) -> str:
        written = []
        for count, found in enumerate(_attribute_pattern.finditer(source), 1):
            if count > self.limits.attributes:
                text = _("A tag has more than %(limit)d attributes. %(advice)s")
                raise self.too_large(text, self.limits.attributes)
            value = found[2] or found[3] or found[4] or ""
            if value.lstrip()[:5].lower() == "data:":
                self.data_characters += len(value)
            if _attribute_name.fullmatch(found[1]):
                escaped = value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
                written.append(f' {found[1]}="{escaped}"')
        return "".join(written)

    def open(self, name: str) -> None:
        stack = self.open_elements
        while stack and name in _IMPLIED_ENDS.get(stack[-1], ()):
            stack.pop()
        self.formatting += self.open_formatting
        if self.formatting > self.limits.formatting:
            text = _("Its bold text, links and the like are opened and not closed. %(advice)s")
            raise self.too_large(text, self.limits.formatting)
        if name in VOID_ELEMENTS or self.limits.depth is None:
            return
        stack.append(name)
        self.open_formatting += name in _FORMATTING_ELEMENTS
        if len(stack) > self.limits.depth:
            text = _("More than %(limit)d elements stand inside each other. %(advice)s")
            raise self.too_large(text, self.limits.depth)

    def close(self, name: str) -> None:
        """Count an element as closed only where every parser closes it: it is the innermost, implied ends aside."""
        stack, place = self.open_elements, len(self.open_elements) - 1
        while place >= 0 and stack[place] != name and stack[place] in _IMPLIED_ENDS:
            place -= 1
        if place >= 0 and stack[place] == name:
            del stack[place:]
            self.open_formatting -= name in _FORMATTING_ELEMENTS


@cache
def _end_tag(name: str) -> re.Pattern[str]:
    """Only ever asked for the few names of removed elements and of raw text."""
    return re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
