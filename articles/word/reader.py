"""Reading of Word documents: title, body with tables, pictures and footnotes, warnings.

The same for a document in the form and for `import_docx`. Whatever a reader would miss is named; nothing of it is
dropped in silence.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from xml.etree import ElementTree

import mammoth
from django.utils.translation import gettext as _
from mammoth import html as mammoth_html

from accounts.models import User
from articles.files import storage
from articles.text.plain_text import strip_control_characters
from articles.text.sanitising import UnusablePicture, sanitise
from articles.word.package import (
    MALFORMED_PACKAGE_ERRORS,
    Relationship,
    UnreadableDocument,
    WordPackage,
    damaged_document,
)
from articles.word.structure import LIST_NUMBER_MARKERS, MAMMOTH_STYLES, DocumentRewriter, DocumentStructure
from inputs.exceptions import InputTooLarge
from inputs.visible_text import visible_text
from ledger.canonical_json import sha256

__all__ = ["UnreadableDocument", "WordText", "read_word"]

UNSUPPORTED_PICTURE_EXTENSIONS = {"emf", "wmf", "emz", "wmz", "tif", "tiff", "svg", "pcx", "pict", "pct", "eps"}

STYLE_MAP = "\n".join(["u => u", *(f"p[style-name='{name}'] => {path}:fresh" for name, path in MAMMOTH_STYLES.items())])
_style_xml = '<w:style xmlns:w="{w}" w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
_numbering_xml = (
    '<w:numbering xmlns:w="{w}">'
    + "".join(
        f'<w:abstractNum w:abstractNumId="{number}">'
        + "".join(f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{form}"/></w:lvl>' for level in range(9))
        + "</w:abstractNum>"
        for number, form in ((1, "bullet"), (2, "decimal"))
    )
    + "".join(f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>' for number in (1, 2))
    + "</w:numbering>"
)

_relationship_attribute = re.compile(r"\{http[^}]*/relationships\}(?:id|embed|link)")
_footnote_mark = re.compile(r'href="#((?:foot|end)note)-([^"]*)" id="[^"]*"')
_footnote = re.compile(r'<li id="((?:foot|end)note)-([^"]*)">(<p>\s*)?')
_footnote_backlink = re.compile(r'href="#((?:foot|end)note)-ref-([^"]*)"')
_double_superscript = re.compile(r"<sup><sup>(<a [^>]*>[^<]*</a>)</sup></sup>")
_local_link = re.compile(r'<a href="#(?!fn)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_list_start = re.compile(f"<ol><li>{LIST_NUMBER_MARKERS[0]}(\\d+){LIST_NUMBER_MARKERS[1]}")
_list_counter = re.compile(f"{LIST_NUMBER_MARKERS[0]}\\d*{LIST_NUMBER_MARKERS[1]}")
_inside_cell = r"(?:(?!</?p[ >]|</?t[dh][ >]|<[uo]l|<table).)*"
_lone_paragraph = re.compile(
    rf'(<t[dh][^>]*)><p(?: class="(align-[a-z]+)")?>({_inside_cell})</p>(?=</t[dh]>)', re.DOTALL
)


@dataclass
class WordText:
    """`title`, `subtitle`: "" when none was found. `html`: sanitised. `lost`: a sentence for each thing left out."""

    title: str
    subtitle: str
    html: str
    lost: list[str] = field(default_factory=list)


def read_word(data: bytes, by: User) -> WordText:
    """Reads a .docx document. Its pictures are stored as files that `by` brought.

    Raises UnreadableDocument, with a sentence that says what to do, for what is no such document, is protected, damaged
    or beyond the bounds of articles.word.package.
    """
    package = WordPackage(data)
    try:
        structure, rewritten = _rewrite_package(package)
        pictures = _PictureImporter(package, by)
        html = mammoth.convert_to_html(
            rewritten,
            style_map=STYLE_MAP,
            convert_image=pictures.convert,
            include_embedded_style_map=False,  # what a document says of itself is not obeyed
            external_file_access=False,
        ).value
    except UnreadableDocument:
        raise
    except MALFORMED_PACKAGE_ERRORS as error:
        raise damaged_document() from error
    try:
        result = sanitise(_adapt_html(html))
    except InputTooLarge as error:
        raise UnreadableDocument(str(error)) from error
    lost = [*pictures.lost, *pictures.unread_messages(), *_structure_messages(structure, package), *result.lost]
    return WordText(
        visible_text(strip_control_characters(structure.title)),
        visible_text(strip_control_characters(structure.subtitle)),
        result.html,
        list(dict.fromkeys(lost)),
    )


def _rewrite_package(package: WordPackage) -> tuple[DocumentStructure, io.BytesIO]:
    """The document as mammoth is to read it: the same package with its parts rewritten."""
    main = package.xml(package.main_part)
    namespace = main.tag[1 : main.tag.index("}")]
    names = {kind: package.related_part(kind) for kind in ("styles", "numbering", "footnotes", "endnotes")}
    parts = {kind: package.xml(name) for kind, name in names.items() if name}
    rewriter = DocumentRewriter(f"{{{namespace}}}", parts.get("styles"), parts.get("numbering"))
    for kind in ("main", "footnotes", "endnotes"):
        name = package.main_part if kind == "main" else names[kind]
        if name:
            root = package.xml(name)
            rewriter.tidy(root)
            _drop_dead_references(root, package.relationships(name), rewriter.structure)
            rewriter.rewrite(root, is_main=kind == "main")
    styles = parts.get("styles", ElementTree.Element(f"{{{namespace}}}styles"))
    for name in MAMMOTH_STYLES:
        styles.append(
            ElementTree.fromstring(_style_xml.format(w=namespace, key=name.replace(" ", "-"), name=name))  # noqa: S314 (our own text)
        )
    written = {
        package.main_part: main,
        names["styles"] or "word/styles.xml": styles,
        **{names[kind]: parts[kind] for kind in ("footnotes", "endnotes") if kind in parts},
    }
    texts = {name: ElementTree.tostring(root, "utf-8") for name, root in written.items()}
    texts[names["numbering"] or "word/numbering.xml"] = _numbering_xml.format(w=namespace).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in package.sizes:
            if name not in texts and not name.endswith("/"):
                archive.writestr(name, package.read(name))
        for name, text in texts.items():
            archive.writestr(name, text)
    target.seek(0)
    return rewriter.structure, target


def _drop_dead_references(
    root: ElementTree.Element, known: Mapping[str, Relationship], structure: DocumentStructure
) -> None:
    """Pictures and links whose address the document does not have would stop mammoth."""
    for one in root.iter():
        name = one.tag.rpartition("}")[2]
        if name not in ("blip", "imagedata", "hyperlink", "hlinkClick"):
            continue
        dead = [key for key in one.attrib if _relationship_attribute.fullmatch(key) and one.attrib[key] not in known]
        for key in dead:
            del one.attrib[key]
        if dead and name in ("blip", "imagedata"):
            structure.unsupported["missing"] += 1


class _PictureImporter:
    """Stores the pictures that mammoth comes upon, and names those that cannot be taken over."""

    def __init__(self, package: WordPackage, by: User) -> None:
        self._intake = storage.PictureIntake(by)
        self.lost: list[str] = []
        self._addresses: dict[str, str] = {}
        self._converted: set[str] = set()
        self._names: dict[str, str] = {}
        for part in filter(
            None, (package.main_part, package.related_part("footnotes"), package.related_part("endnotes"))
        ):
            used = _picture_relationship_ids(package.xml(part))
            for key, found in package.relationships(part).items():
                if found.kind != "image" or key not in used:
                    continue
                if found.is_external or found.target not in package.sizes:
                    self.lost.append(_left_out_message(found.target, _("it lies outside the document.")))
                else:
                    name = found.target.rpartition("/")[2]
                    self._names[sha256(package.read(found.target))] = name

    def convert(self, image: mammoth.documents.Image) -> list:
        """What mammoth writes for a picture: an element, or nothing."""
        try:
            with image.open() as opened:
                data = opened.read()
        except MALFORMED_PACKAGE_ERRORS:
            return []  # named already: it lies outside, or is not there
        digest = sha256(data)
        self._converted.add(digest)
        described = (image.alt_text or "").strip()
        name = self._names.get(digest) or described or _("without a name")
        if digest not in self._addresses:
            self._addresses[digest] = self._store(data, name)
        if not self._addresses[digest]:
            return []
        # WPS and Word put the picture's path there when nobody described it.
        alt = "" if re.search(r"[\\/]|\.\w{3,4}$", described) else described[:200]
        return [mammoth_html.element("img", {"src": self._addresses[digest], "alt": alt})]

    def _store(self, data: bytes, name: str) -> str:
        try:
            return self._intake.store(data).get_absolute_url()
        except (UnusablePicture, storage.NotStored) as error:
            ending = name.rpartition(".")[2].lower()
            if ending in UNSUPPORTED_PICTURE_EXTENSIONS and not isinstance(error, storage.NotStored):
                why = _("browsers cannot show %(format)s. Save it as PNG and insert it.") % {"format": ending.upper()}
            else:
                why = str(error)
            self.lost.append(_left_out_message(name, why))
            return ""

    def unread_messages(self) -> list[str]:
        """Sentences for the pictures of the document that mammoth passed over."""
        why = _("it stands in a drawing that could not be read.")
        return [_left_out_message(name, why) for digest, name in self._names.items() if digest not in self._converted]


def _picture_relationship_ids(root: ElementTree.Element) -> set[str]:
    """Ids of the relationships to pictures that stand in a part's text."""
    return {
        value
        for one in root.iter()
        if one.tag.rpartition("}")[2] in ("blip", "imagedata")
        for key, value in one.attrib.items()
        if _relationship_attribute.fullmatch(key)
    }


def _left_out_message(name: str, why: str) -> str:
    return _("The picture “%(name)s” was left out: %(why)s") % {"name": name[:100], "why": why}


def _adapt_html(html: str) -> str:
    """mammoth's HTML with footnotes as the sanitiser knows them, lists that go on counting, and plain cells."""
    numbers: dict[tuple[str, str], int] = {}
    counted = count(1)

    def mark(found: re.Match) -> str:
        key = (found[1], found[2])
        if key not in numbers:
            numbers[key] = next(counted)
        return f'href="#fn-{numbers[key]}" id="fnref-{numbers[key]}"'

    html = _footnote_mark.sub(mark, html)
    html = _footnote_backlink.sub(lambda found: f'href="#fnref-{numbers.get((found[1], found[2]), 0)}"', html)
    if first := _footnote.search(html):
        place = html.rindex("<ol>", 0, first.start())
        html = f"{html[:place]}<hr>{html[place:]}"
    html = _double_superscript.sub(r"<sup>\1</sup>", html)
    html = _footnote.sub(
        lambda found: f'<li id="fn-{numbers.get((found[1], found[2]), 0)}">{"<p>" if found[3] else ""}', html
    )
    html = _local_link.sub(r"\1", html)
    html = _list_start.sub(lambda found: "<ol><li>" if found[1] == "1" else f'<ol start="{found[1]}"><li>', html)
    html = _list_counter.sub("", html)
    return _lone_paragraph.sub(_plain_cell, html)


def _plain_cell(found: re.Match) -> str:
    side = f' class="{found[2]}"' if found[2] else ""
    return f"{found[1]}{side}>{found[3]}"


def _structure_messages(structure: DocumentStructure, package: WordPackage) -> list[str]:
    """Sentences for what was found and cannot be taken over, pictures apart."""
    sentences: dict[str, Callable[[], str]] = {
        "missing": lambda: _("A picture was left out, because the document does not have it any more."),
        "contents": lambda: _("The table of contents was left out."),
        "hidden": lambda: _("Hidden text was left out. To publish it, show it in Word and bring the document again."),
        "changes": lambda: _("The document has tracked changes; they were taken over as if all were accepted."),
        "comments": lambda: _("The comments at the margin were left out."),
        "formulas": lambda: _("Formulas were taken over as plain characters; check them."),
        "charts": lambda: _("A chart was left out. In Word, save it as a picture and insert that."),
        "diagrams": lambda: _("A diagram (SmartArt) was left out. In Word, save it as a picture and insert that."),
        "objects": lambda: _("An embedded object, such as a table of Excel, was left out save for its picture."),
    }
    told = [say() for name, say in sentences.items() if structure.unsupported[name]]
    if _has_page_header(package):
        told.append(_("What stands at the head or foot of every page was left out."))
    return told


def _has_page_header(package: WordPackage) -> bool:
    """Whether the pages have a head or foot with words other than their number."""
    for found in package.relationships(package.main_part).values():
        if found.kind in ("header", "footer") and found.target in package.sizes:
            root = package.xml(found.target)
            words = "".join(one.text or "" for one in root.iter() if one.tag.endswith("}t"))
            if re.search(
                r"[^\W\d_]", words.replace("第", "").replace("页", "").replace("共", "")
            ) or _picture_relationship_ids(root):
                return True
    return False
