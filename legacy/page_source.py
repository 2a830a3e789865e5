"""Decoding of a saved page into numbered lines of text.

Old Chinese portals wrote GB2312, GBK or GB18030 (the last contains the other
two); pages saved again later are mostly UTF-8, some with a byte order mark,
and often still declare the old charset in their head.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inputs.exceptions import InputTooLarge
from inputs.html import HtmlLimits, rewrite_html

MAX_PAGE_BYTES = 5 * 1024 * 1024  # bytes; the longest article of a portal is some hundred kilobytes
_ONE_PAGE_ADVICE = gettext_lazy("Save the page of one article alone.")
PAGE_LIMITS = HtmlLimits(characters=MAX_PAGE_BYTES, tags=100_000, depth=None, advice=_ONE_PAGE_ADVICE)
MAX_NAMES_IN_NOTE = 50
MAX_PAGE_LINES = 20_000  # that hold words; 150 printed pages have 6,000
BLANK_CHARACTERS = " \t\n\r\f\v\x1a\x85\u00a0\u2028\u2029\u3000\u200b\u2060\ufeff"  # \x1a ends files of DOS

_DECLARED_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([a-z0-9_-]+)""", re.IGNORECASE)
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb18030": "gb18030"}
_CODECS |= {"utf-8": "utf-8", "utf8": "utf-8", "big5": "big5hkscs", "big5-hkscs": "big5hkscs"}
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_HTML_START = re.compile(r"\s*<(!doctype|html|head|body|meta|title|\?xml|!--)", re.IGNORECASE)


class UnreadablePage(ValueError):
    """The file cannot be taken over; the message names the file, the reason and what to do.

    `path` is the file (or the name given to `parse_page`), `reason` the sentences without it.
    """

    def __init__(self, path: Path | str, reason: str):
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class NotText(UnreadablePage):
    """The bytes are no text in an encoding that is known here."""


class MissingTitle(UnreadablePage):
    """No line 【字体…】, or none before it that could be the title."""


class MissingDate(UnreadablePage):
    """The labels hold no date, or one that the calendar does not have."""


class MissingBody(UnreadablePage):
    """Nothing stands between the labels and 上一篇/下一篇 or the footer."""


@dataclass(frozen=True)
class SourceLine:
    """One line of text without the blanks around it; `number` counts the lines of the file from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class PageSource:
    """A page as lines that visitors saw, lines that they did not (head, hidden elements), and notes.

    `address` is where the page was on the old site, "" when its file does not say so.
    """

    visible_lines: tuple[SourceLine, ...]
    hidden_lines: tuple[SourceLine, ...] = ()
    notes: tuple[str, ...] = ()
    address: str = ""


def read_page_source(path: Path) -> PageSource:
    """The file as lines. Raises UnreadablePage when it is missing, empty or too large, NotText when it is no text."""
    try:
        if not path.is_file():
            raise UnreadablePage(path, _("This is not a file. Give the address of a saved page."))
        if path.stat().st_size > MAX_PAGE_BYTES:
            raise UnreadablePage(path, _("The file is larger than 5 MB. Save the page alone, without its pictures."))
        data = path.read_bytes()
    except OSError as error:
        reason = _("The file cannot be opened (%(error)s). Check its permissions.")
        raise UnreadablePage(path, reason % {"error": error.strerror}) from error
    text = decode_text(data, path)
    try:
        if path.suffix.lower() in (".html", ".htm") or _HTML_START.match(text):
            return source_from_html(text)
        return source_from_text(text)
    except InputTooLarge as error:
        raise UnreadablePage(path, str(error)) from error


def decode_text(data: bytes, path: Path | str) -> str:
    """The bytes as text, without a byte order mark.

    Tried in order: a declared Big5, UTF-8, GB18030. A declared GB charset is
    not tried first, because bytes that are valid UTF-8 are hardly ever GB, while a
    page saved again as UTF-8 often keeps its old declaration.
    Raises UnreadablePage for an empty file, NotText when nothing fits.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotText(path, _("The file is saved as UTF-16 (“Unicode”). Save it as UTF-8."))
    if b"\x00" in data:
        raise NotText(path, _("The file holds NUL bytes, so it is no page of text. Save the page as text or HTML."))
    declared = _DECLARED_CHARSET.search(data[:4096])
    codec = _CODECS.get(declared[1].decode("ascii").lower(), "") if declared else ""
    for attempt in (["big5hkscs"] if codec == "big5hkscs" else []) + ["utf-8", "gb18030"]:
        try:
            text = data.decode(attempt).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if not text.strip(BLANK_CHARACTERS):
            raise UnreadablePage(path, _("The file is empty. Save the page again."))
        if _CONTROL_CHARACTERS.search(text.rstrip(BLANK_CHARACTERS)):
            raise NotText(
                path, _("The file holds control characters, so it is no page of text. Save it as text or HTML.")
            )
        return text
    raise NotText(path, _("The file is neither UTF-8 nor GB18030. Open it in an editor and save it as UTF-8."))


def source_from_text(text: str) -> PageSource:
    """Plain text as lines. Raises InputTooLarge."""
    return _check_source(PageSource(text_lines(text)))


def _check_source(source: PageSource) -> PageSource:
    """Return the source. Raises InputTooLarge for more lines than the page of one article has."""
    if len(source.visible_lines) + len(source.hidden_lines) > MAX_PAGE_LINES:
        text = _("It has more than %(limit)d lines. %(advice)s")
        raise InputTooLarge(text, params={"limit": MAX_PAGE_LINES, "advice": _ONE_PAGE_ADVICE})
    return source


def text_lines(text: str) -> tuple[SourceLine, ...]:
    """The lines of plain text that hold anything but blanks."""
    rows = re.split(r"\r\n|\r|\n", text)
    stripped = (SourceLine(number, row.strip(BLANK_CHARACTERS)) for number, row in enumerate(rows, start=1))
    return tuple(line for line in stripped if line.text)


def source_from_html(text: str) -> PageSource:
    """The same lines as a browser would show, each with the number of the source line on which it begins.

    Raises InputTooLarge.
    """
    reader = _LineReader()
    reader.feed(rewrite_html(text, PAGE_LIMITS))
    reader.close()
    reader.end_line()
    notes = []
    if reader.pictures:
        notes.append(_("Pictures were left out: %(names)s") % {"names": _first_names(reader.pictures)})
    if reader.files:
        notes.append(_("Linked files were left out: %(names)s") % {"names": _first_names(reader.files)})
    if reader.embedded:
        notes.append(
            _("Embedded frames and scripts were left out: %(names)s") % {"names": _first_names(reader.embedded)}
        )
    if reader.hidden_count:
        notes.append(
            _("Text that the page hid from its visitors was left out (%(count)d places).")
            % {"count": reader.hidden_count}
        )
    lines = (tuple(reader.visible_lines), tuple(reader.hidden_lines))
    return _check_source(PageSource(*lines, tuple(notes), reader.address))


def _first_names(names: list[str]) -> str:
    return ", ".join(names[:MAX_NAMES_IN_NOTE]) + (" …" if len(names) > MAX_NAMES_IN_NOTE else "")


_BLOCK_ELEMENTS = frozenset(
    "address article aside blockquote body br caption center dd div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html li main nav ol option p pre section table tbody td tfoot th thead tr ul".split()
)
_UNRENDERED_ELEMENTS = frozenset("head title script style noscript template select textarea button".split())
_HIDEABLE_ELEMENTS = frozenset("div span a font ul table marquee section".split())  # their end tags cannot be left out
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FILE_LINK = re.compile(r"\.(docx?|xlsx?|pptx?|pdf|wps|et|zip|rar|txt|mp3|mp4)$", re.IGNORECASE)
# What browsers write at the top of a page that they save; the number is the length of the address.
_SAVED_FROM = re.compile(r"\s*saved from url=\(\d+\)(https?://\S+)", re.IGNORECASE)
_CJK_CHARACTERS = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u201c\u201d\u2018\u2019\u2026\u2014"
_CJK_LINE_BREAK = re.compile(rf"(?<=[{_CJK_CHARACTERS}])[ \t\f]*[\r\n]\s*(?=[{_CJK_CHARACTERS}])", re.ASCII)


class _LineReader(HTMLParser):
    """Collects lines: block elements and <br> end one; what browsers do not show goes to `hidden_lines`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.visible_lines: list[SourceLine] = []
        self.hidden_lines: list[SourceLine] = []
        self.pictures: list[str] = []
        self.files: list[str] = []
        self.embedded: list[str] = []
        self.hidden_count = 0
        self._addresses: dict[str, str] = {}
        self._text: list[str] = []
        self._has_words = False
        self._line_number = 0
        self._skipped_element = ""  # the element whose content is being left out
        self._skip_depth = 0
        self._link_ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._note_omissions(tag, given)
        self._note_address(tag, given)
        if self._skipped_element == "head" and tag == "body":
            self._skipped_element = ""  # browsers do not need </head> either
        if self._skipped_element:
            self._skip_depth += tag == self._skipped_element
            return
        invisible = "hidden" in given or _HIDING_STYLE.search(given.get("style", ""))
        if tag in _UNRENDERED_ELEMENTS or (tag in _HIDEABLE_ELEMENTS and invisible):
            self.end_line()
            self.hidden_count += tag in _HIDEABLE_ELEMENTS
            self._skipped_element, self._skip_depth = tag, 1
        elif tag in _BLOCK_ELEMENTS:
            self.end_line()
        elif tag == "a" and self._link_ended:
            self._text.append(" ")  # menus are rows of links, set apart by margins only

    def _note_omissions(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img" and given.get("src") and not self._skipped_element:
            self.pictures.append(given["src"][:80])
        elif tag == "a" and _FILE_LINK.search(given.get("href", "")):
            self.files.append(given["href"][:80])
        elif tag in ("script", "iframe", "embed", "object", "frame") and given.get("src", given.get("data")):
            self.embedded.append((given.get("src") or given["data"])[:80])
        elif tag == "meta" and given.get("name", "").lower() in ("keywords", "description") and given.get("content"):
            self.hidden_lines.append(SourceLine(self.getpos()[0], given["content"].strip(BLANK_CHARACTERS)))

    @property
    def address(self) -> str:
        """Where the page was: what the browser that saved it wrote, else what the page says of itself, else ""."""
        base, canonical = self._addresses.get("base", ""), self._addresses.get("canonical", "")
        try:
            canonical = urljoin(base, canonical) if canonical else ""
            # A base that ends with a slash is a folder, which all pages in it have in common.
            own = "" if urlsplit(base).path.endswith("/") or not urlsplit(base).path else base
        except ValueError:  # no address at all, such as http://[
            canonical = own = ""
        named = (self._addresses.get("saved", ""), canonical, own)
        return next((address for address in named if re.match(r"https?://|/", address, re.IGNORECASE)), "")

    def _note_address(self, tag: str, given: dict[str, str]) -> None:
        if tag == "base":
            self._addresses.setdefault("base", given.get("href", "").strip())
        elif tag == "link" and given.get("rel", "").lower() == "canonical":
            self._addresses.setdefault("canonical", given.get("href", "").strip())

    def handle_comment(self, data: str) -> None:
        if found := _SAVED_FROM.match(data):
            self._addresses.setdefault("saved", found[1])

    def handle_endtag(self, tag: str) -> None:
        if self._skipped_element:
            self._skip_depth -= tag == self._skipped_element
            if not self._skip_depth:
                self.end_line()
                self._skipped_element = ""
        elif tag in _BLOCK_ELEMENTS:
            self.end_line()
        elif tag == "a":
            self._link_ended = True

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in ("script", "style"):
            return
        if data.strip(BLANK_CHARACTERS):
            if not self._has_words:
                blank = data[: len(data) - len(data.lstrip(BLANK_CHARACTERS))]
                self._line_number = self.getpos()[0] + len(re.findall(r"\r\n|\r|\n", blank))
            self._link_ended, self._has_words = False, True
        # Within one run of text only: beside a tag, as between two links of a menu, a line break is a gap.
        self._text.append(_CJK_LINE_BREAK.sub("", data))

    def end_line(self) -> None:
        """Puts the words gathered away as one line, blanks collapsed as browsers do (U+00A0 is no blank there)."""
        words = re.sub(r"[ \t\r\n\f]+", " ", "".join(self._text)).strip(BLANK_CHARACTERS)
        if words:
            (self.hidden_lines if self._skipped_element else self.visible_lines).append(
                SourceLine(self._line_number, words)
            )
        self._text, self._has_words = [], False
        self._link_ended = False
