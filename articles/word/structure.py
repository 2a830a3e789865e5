"""Rewriting of headings, numbers and notes of a Word document before mammoth reads it.

mammoth knows direct formatting and English style names. Chinese documents say what a paragraph is by 标题 1, by an
outline level, by a style that inherits alignment, by numbers that Word counts itself. So each paragraph is rewritten
here: its role and alignment become one of MAMMOTH_STYLES, its number a plain list or words.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from articles.word.alternatives import choose_alternatives
from articles.word.hidden_text import MAX_STYLE_DEPTH, HiddenText
from articles.word.numbering import Numbering, ParagraphNumber

Element = ElementTree.Element

ALIGNMENT_OF_JC = {"center": "center", "right": "right", "end": "right", "distribute": "justify"}
PARAGRAPH_TAGS = ("p", "h2", "h3", "h4")
# Name of a style → path for mammoth. “both” is how all Chinese text is set, here as in Word, and needs no class.
MAMMOTH_STYLES = {
    f"desk {role} {side}".strip(): f"{role}.align-{side}" if side else role
    for role in PARAGRAPH_TAGS
    for side in ("", "center", "right", "justify")
}
NON_TEXT_ELEMENTS = {"drawing", "pict", "object", "footnoteReference", "endnoteReference"}
MAX_TITLE_LINES = 10
# Stands before the text of a numbered list's item, round its number; no document has these private signs.
LIST_NUMBER_MARKERS = ("\U0010fff0", "\U0010fff1")

_title_style = re.compile(r"title|标题|文章标题|公文标题|大标题")
_subtitle_style = re.compile(r"subtitle|副标题")
_heading_style = re.compile(r"(?:heading|标题) ?([1-9])")
_contents_style = re.compile(r"(?:toc|目录) ?(?:\d|heading|标题)?")
_document_number_line = re.compile(r".*[〔\[【（(](?:19|20)\d\d[〕\]】）)]\s*第?\s*\d+\s*号.*")
_numbered_start = re.compile(
    r"第?[一二三四五六七八九十百]+[、章节条．.]|[（(][一二三四五六七八九十百]+[）)]|\d{1,2}[.．、](?!\d)"
)
_between_hanzi = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef“”])\s+(?=[\u2e80-\u9fff\uff00-\uffef“”])")


@dataclass
class ParagraphStyle:
    """A paragraph style with what it has from those that it is based on."""

    name: str = ""
    heading_level: int = 0  # of a heading, from 1; 0 for body text
    alignment: str = ""
    numbering: str = ""
    numbering_level: int | None = None
    font_size: int = 0  # half points


@dataclass
class WordParagraph:
    """A paragraph as it was before it is rewritten."""

    element: Element
    parent: Element
    style: ParagraphStyle
    heading_level: int
    alignment: str
    text: str
    number: ParagraphNumber | None
    font_size: int
    is_red: bool
    has_non_text: bool  # than words: pictures, marks of footnotes


@dataclass
class DocumentStructure:
    """What was found. `seen`: how often things occur that cannot be taken over, by name."""

    title: str = ""
    subtitle: str = ""
    unsupported: Counter = field(default_factory=Counter)


class DocumentRewriter:
    """Rewrites the parts of one document, in the order in which Word counts through them."""

    def __init__(self, w: str, styles: Element | None, numbering: Element | None) -> None:
        """`w`: the namespace of its elements, in braces."""
        self.w = w
        self._numbering_styles: dict[str, tuple[str, int | None]] = {}
        self._styles = self._read_styles(styles)
        self._numbering = Numbering(numbering, self._numbering_styles)
        self._hidden = HiddenText(w, styles)
        self._top: list[WordParagraph] = []
        self.structure = DocumentStructure()

    # Styles.

    def _read_styles(self, root: Element | None) -> dict[str, ParagraphStyle]:
        raw = {} if root is None else {one.get(f"{self.w}styleId", ""): one for one in root.findall(f"{self.w}style")}
        for key, one in raw.items():
            if one.get(f"{self.w}type") == "numbering":
                self._numbering_styles[key] = self._numbering_of(one.find(f"{self.w}pPr"))
        read = {
            key: self._resolve_style(key, raw) for key, one in raw.items() if one.get(f"{self.w}type") == "paragraph"
        }
        default = next((key for key in read if raw[key].get(f"{self.w}default") in ("1", "true", "on")), "")
        return {**read, "": read.get(default, ParagraphStyle())}

    def _resolve_style(self, key: str, raw: dict[str, Element]) -> ParagraphStyle:
        style, passed = ParagraphStyle(name=self._child_value(raw[key], "name").strip().lower()), set()
        while key in raw and key not in passed and len(passed) < MAX_STYLE_DEPTH:
            passed.add(key)
            properties = raw[key].find(f"{self.w}pPr")
            named = _heading_style.fullmatch(self._child_value(raw[key], "name").strip().lower())
            style.heading_level = (
                style.heading_level or self._outline_level(properties) or (int(named[1]) if named else 0)
            )
            style.alignment = style.alignment or self._child_value(properties, "jc")
            if not style.numbering:
                style.numbering, style.numbering_level = self._numbering_of(properties)
            style.font_size = style.font_size or _half_points(self._child_value(raw[key].find(f"{self.w}rPr"), "sz"))
            key = self._child_value(raw[key], "basedOn")
        return style

    def _child_value(self, element: Element | None, name: str) -> str:
        found = None if element is None else element.find(f"{self.w}{name}")
        return "" if found is None else found.get(f"{self.w}val", "")

    def _outline_level(self, properties: Element | None) -> int:
        """Level of a heading; 9 means body text."""
        said = self._child_value(properties, "outlineLvl")
        return int(said) + 1 if re.fullmatch("[0-8]", said) else 0

    def _numbering_of(self, properties: Element | None) -> tuple[str, int | None]:
        found = None if properties is None else properties.find(f"{self.w}numPr")
        level = self._child_value(found, "ilvl")
        return self._child_value(found, "numId"), int(level) if re.fullmatch("[0-8]", level) else None

    # What is taken out or made plain before paragraphs are looked at.

    def tidy(self, root: Element) -> None:
        """Takes out what is nothing to readers, and notes what they would miss."""
        w, seen = self.w, self.structure.unsupported
        choose_alternatives(root, w)
        seen["hidden"] += self._hidden.drop(root)
        for parent in root.iter():
            left: list[Element] = []  # written at once: to remove one child after the other takes time squared
            for child in parent:
                name = _local_name(child)
                if child.tag == f"{w}sdt" and self._is_contents(child):
                    seen["contents"] += 1
                    continue
                if child.tag in (f"{w}bookmarkStart", f"{w}bookmarkEnd"):
                    continue
                left.append(child)
                if child.tag in (f"{w}ins", f"{w}del", f"{w}moveFrom"):
                    seen["changes"] += 1
                elif child.tag == f"{w}commentReference":
                    seen["comments"] += 1
                elif name in ("oMath", "oMathPara"):
                    words = "".join(one.text or "" for one in child.iter() if _local_name(one) == "t")
                    left[-1] = self._text_run(words)
                    seen["formulas"] += 1
                elif name in ("chart", "relIds"):
                    seen["charts" if name == "chart" else "diagrams"] += 1
                elif child.tag == f"{w}object":
                    seen["objects"] += 1
            parent[:] = left

    def _is_contents(self, sdt: Element) -> bool:
        gallery = next(sdt.iter(f"{self.w}docPartGallery"), None)
        return gallery is not None and gallery.get(f"{self.w}val") == "Table of Contents"

    def _text_run(self, words: str) -> Element:
        run = Element(f"{self.w}r")
        text = ElementTree.SubElement(run, f"{self.w}t")
        text.text = words
        return run

    # Paragraphs.

    def rewrite(self, root: Element, is_main: bool = False) -> None:
        """Every paragraph of a part. The main part's title goes into the structure."""
        body = root.find(f"{self.w}body") if is_main else None
        found = [] if body is None else list(self._paragraphs_of(body))
        rest = {one.element for one in found}
        if found:
            levels = self._take_title(found)
            self._write_blocks(found, levels)
        for parent in list(root.iter()):
            inner = [child for child in parent if child.tag == f"{self.w}p" and child not in rest]
            if inner:
                self._write_blocks([self._read_paragraph(one, parent) for one in inner], {})

    def _paragraphs_of(self, container: Element) -> Iterator[WordParagraph]:
        """Those of the text itself: not in tables, nor in boxes. Takes out those of a table of contents."""
        contents: set[Element] = set()
        for child in container:
            if child.tag == f"{self.w}p":
                one = self._read_paragraph(child, container)
                if _contents_style.fullmatch(one.style.name) and one.style.name:
                    contents.add(child)
                else:
                    yield one
            elif child.tag in (f"{self.w}sdt", f"{self.w}sdtContent", f"{self.w}customXml", f"{self.w}ins"):
                yield from self._paragraphs_of(child)
            elif child.tag == f"{self.w}tbl":
                yield WordParagraph(child, container, ParagraphStyle(), 0, "", "", None, 0, False, True)
        if contents:
            container[:] = [child for child in container if child not in contents]
            self.structure.unsupported["contents"] += len(contents)

    def _read_paragraph(self, element: Element, parent: Element) -> WordParagraph:
        properties = element.find(f"{self.w}pPr")
        style = self._styles.get(self._child_value(properties, "pStyle"), self._styles[""])
        runs = list(element.iter(f"{self.w}r"))
        colour = next((one for run in runs if (one := self._child_value(run.find(f"{self.w}rPr"), "color"))), "")
        sizes = [_half_points(self._child_value(run.find(f"{self.w}rPr"), "sz")) for run in runs]
        words = "".join(
            (one.text or "") if one.tag == f"{self.w}t" else " "
            for one in element.iter()
            if one.tag in (f"{self.w}t", f"{self.w}br", f"{self.w}tab")
        )
        numbering, level = self._numbering_of(properties)
        if not numbering:
            numbering, level = style.numbering, style.numbering_level if level is None else level
        number = None
        if numbering not in ("", "0") and words.strip():
            number = self._numbering.next_number(numbering, level, self._child_value(properties, "pStyle"))
        more = any(_local_name(one) in NON_TEXT_ELEMENTS for one in element.iter())
        side = ALIGNMENT_OF_JC.get(self._child_value(properties, "jc") or style.alignment, "")
        return WordParagraph(
            *(
                element,
                parent,
                style,
                self._outline_level(properties) or style.heading_level,
                side,
                words.strip(),
                number,
            ),
            *(max(sizes, default=0) or style.font_size, _is_red(colour), more),
        )

    def _take_title(self, found: list[WordParagraph]) -> dict[int, str]:
        """Takes title and subtitle out of the text. Returns how deep each level of heading stands: 1 → h2."""
        written = [one for one in found if one.text or one.has_non_text]
        lines = _title_lines(written)
        if lines:
            self.structure.title = _between_hanzi.sub("", " ".join(" ".join(one.text for one in lines).split()))
            last = written.index(lines[-1])
            below = written[last + 1] if last + 1 < len(written) else None
            if (
                below
                and not below.has_non_text
                and (
                    _subtitle_style.fullmatch(below.style.name)
                    or (below.alignment == "center" and below.text.startswith("—"))
                )
            ):
                self.structure.subtitle = below.text
                lines = [*lines, below]
            for one in lines:
                one.parent.remove(one.element)
                found.remove(one)
        used = sorted({one.heading_level for one in found if one.heading_level})
        return {level: PARAGRAPH_TAGS[min(place, 2) + 1] for place, level in enumerate(used)}

    def _write_blocks(self, found: list[WordParagraph], levels: dict[int, str]) -> None:
        """`levels`: empty where there are no headings, as in cells of tables."""
        open_lists: list[int] = []
        for one in found:
            if one.element.tag == f"{self.w}tbl":
                open_lists = []
                continue
            role = levels.get(one.heading_level, "p")
            number = one.number
            if number and (role != "p" or not number.list_tag):
                self._insert_label(one, number)
                number = None
            if number:
                while open_lists and open_lists[-1] > number.level:
                    open_lists.pop()
                if not open_lists or open_lists[-1] < number.level:
                    open_lists.append(number.level)
                if number.list_tag == "ol":
                    self._insert_text(one.element, f"{LIST_NUMBER_MARKERS[0]}{number.value}{LIST_NUMBER_MARKERS[1]}")
                self._write_properties(one.element, "", number.list_tag, min(len(open_lists), 5) - 1)
            elif one.text or one.has_non_text:
                open_lists = []
                if role != "p":
                    self._unbold(one.element)
                self._write_properties(one.element, f"desk {role} {one.alignment}".strip(), "", 0)
            else:
                self._write_properties(one.element, "", "", 0)

    def _insert_label(self, one: WordParagraph, number: ParagraphNumber) -> None:
        if number.label and number.list_tag != "ul":
            self._insert_text(one.element, number.label + _blank_after(number.label[-1]))

    def _insert_text(self, paragraph: Element, words: str) -> None:
        has_properties = len(paragraph) and paragraph[0].tag == f"{self.w}pPr"
        paragraph.insert(1 if has_properties else 0, self._text_run(words))

    def _unbold(self, paragraph: Element) -> None:
        """Headings are bold as such."""
        for properties in paragraph.iter(f"{self.w}rPr"):
            properties[:] = [one for one in properties if one.tag != f"{self.w}b"]

    def _write_properties(self, paragraph: Element, style: str, kind: str, depth: int) -> None:
        old = paragraph.find(f"{self.w}pPr")
        new = Element(f"{self.w}pPr")
        if style:
            ElementTree.SubElement(new, f"{self.w}pStyle", {f"{self.w}val": style.replace(" ", "-")})
        if kind:
            numbering = ElementTree.SubElement(new, f"{self.w}numPr")
            ElementTree.SubElement(numbering, f"{self.w}ilvl", {f"{self.w}val": str(depth)})
            ElementTree.SubElement(numbering, f"{self.w}numId", {f"{self.w}val": "1" if kind == "ul" else "2"})
        if old is not None:
            marks = old.find(f"{self.w}rPr")
            if marks is not None and marks.find(f"{self.w}del") is not None:
                new.append(marks)  # the end of this paragraph is deleted: mammoth joins it to the next
            paragraph.remove(old)
        paragraph.insert(0, new)


def _title_lines(written: list[WordParagraph]) -> list[WordParagraph]:
    """The paragraphs that are the title: by style, or the most prominent of the centred ones at the beginning."""
    styled = [one for one in written if _title_style.fullmatch(one.style.name) and not one.has_non_text and one.text]
    if styled:
        first = styled[0]
    else:
        head: list[WordParagraph] = []
        alone = sum(one.heading_level == 1 for one in written) == 1
        for one in written:
            if one.has_non_text or not (one.alignment == "center" or (one.heading_level == 1 and alone and not head)):
                break
            head.append(one)
        # The red head of an official document and its number stand above the title.
        fitting = [one for one in head if not one.is_red and not _document_number_line.fullmatch(one.text)]
        fitting = [
            one for one in fitting if not one.number and not _numbered_start.match(one.text) and len(one.text) <= 120
        ]
        if not fitting:
            return []
        first = max(fitting, key=lambda one: one.font_size)  # the first of those that are equally large
    lines = [first]
    for one in written[written.index(first) + 1 :]:
        is_same = (
            one.style.name == first.style.name and one.font_size == first.font_size and one.alignment == first.alignment
        )
        is_full = len(lines) == MAX_TITLE_LINES
        if (
            is_full
            or one.has_non_text
            or not is_same
            or not (styled or first.font_size >= 30)
            or one.text[:1] in "（(—"
        ):
            break
        lines.append(one)
    return lines


def _blank_after(sign: str) -> str:
    """一、 stands close, 第一条 has a wide blank as in laws, 1.1 a plain one."""
    if sign < "\u2e80":
        return " "
    return "\u3000" if sign.isalpha() else ""


def _local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _half_points(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,4}", text) else 0


def _is_red(colour: str) -> bool:
    if not re.fullmatch("[0-9A-Fa-f]{6}", colour):
        return False
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return red > 170 and green < 90 and blue < 90
