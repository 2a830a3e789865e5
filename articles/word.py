"""Word documents (.docx, ISO/IEC 29500) as texts of the site: title, body in the sanitiser's HTML, pictures as files.

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
from articles import files
from articles.sanitising import UnusablePicture, printable, sanitise
from articles.word_package import MALFORMED, Package, Relationship, UnreadableDocument, damaged
from articles.word_structure import COUNTED, STYLES, Rewriter, Structure
from ledger.canonical import sha256

__all__ = ["UnreadableDocument", "WordText", "read_word"]

MOST_PICTURES = 200
DRAWINGS = {"emf", "wmf", "emz", "wmz", "tif", "tiff", "svg", "pcx", "pict", "pct", "eps"}

STYLE_MAP = "\n".join(["u => u", *(f"p[style-name='{name}'] => {path}:fresh" for name, path in STYLES.items())])
_style = '<w:style xmlns:w="{w}" w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
_numbering = (
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

_refers = re.compile(r"\{http[^}]*/relationships\}(?:id|embed|link)")
_mark = re.compile(r'href="#((?:foot|end)note)-([^"]*)" id="[^"]*"')
_note = re.compile(r'<li id="((?:foot|end)note)-([^"]*)">(<p>\s*)?')
_way_back = re.compile(r'href="#((?:foot|end)note)-ref-([^"]*)"')
_twice_raised = re.compile(r"<sup><sup>(<a [^>]*>[^<]*</a>)</sup></sup>")
_local_link = re.compile(r'<a href="#(?!fn)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_first_counted = re.compile(f"<ol><li>{COUNTED[0]}(\\d+){COUNTED[1]}")
_counted = re.compile(f"{COUNTED[0]}\\d*{COUNTED[1]}")
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
    or beyond the bounds of articles.word_package.
    """
    package = Package(data)
    try:
        structure, rewritten = _rewritten(package)
        pictures = _Pictures(package, by)
        html = mammoth.convert_to_html(
            rewritten,
            style_map=STYLE_MAP,
            convert_image=pictures.convert,
            include_embedded_style_map=False,  # what a document says of itself is not obeyed
            external_file_access=False,
        ).value
    except UnreadableDocument:
        raise
    except MALFORMED as error:
        raise damaged() from error
    result = sanitise(_finished(html))
    lost = [*pictures.lost, *pictures.forgotten(), *_told(structure, package), *result.lost]
    return WordText(printable(structure.title), printable(structure.subtitle), result.html, list(dict.fromkeys(lost)))


def _rewritten(package: Package) -> tuple[Structure, io.BytesIO]:
    """The document as mammoth is to read it: the same package with its parts rewritten."""
    main = package.xml(package.main)
    namespace = main.tag[1 : main.tag.index("}")]
    names = {kind: package.part(kind) for kind in ("styles", "numbering", "footnotes", "endnotes")}
    parts = {kind: package.xml(name) for kind, name in names.items() if name}
    rewriter = Rewriter(f"{{{namespace}}}", parts.get("styles"), parts.get("numbering"))
    for kind in ("main", "footnotes", "endnotes"):
        name = package.main if kind == "main" else names[kind]
        if name:
            root = package.xml(name)
            rewriter.tidy(root)
            _drop_dead_references(root, package.relationships(name), rewriter.structure)
            rewriter.rewrite(root, is_main=kind == "main")
    styles = parts.get("styles", ElementTree.Element(f"{{{namespace}}}styles"))
    for name in STYLES:
        styles.append(
            ElementTree.fromstring(_style.format(w=namespace, key=name.replace(" ", "-"), name=name))  # noqa: S314 (our own text)
        )
    written = {
        package.main: main,
        names["styles"] or "word/styles.xml": styles,
        **{names[kind]: parts[kind] for kind in ("footnotes", "endnotes") if kind in parts},
    }
    texts = {name: ElementTree.tostring(root, "utf-8") for name, root in written.items()}
    texts[names["numbering"] or "word/numbering.xml"] = _numbering.format(w=namespace).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in package.sizes:
            if name not in texts and not name.endswith("/"):
                archive.writestr(name, package.read(name))
        for name, text in texts.items():
            archive.writestr(name, text)
    target.seek(0)
    return rewriter.structure, target


def _drop_dead_references(root: ElementTree.Element, known: Mapping[str, Relationship], structure: Structure) -> None:
    """Pictures and links whose address the document does not have would stop mammoth."""
    for one in root.iter():
        name = one.tag.rpartition("}")[2]
        if name not in ("blip", "imagedata", "hyperlink", "hlinkClick"):
            continue
        dead = [key for key in one.attrib if _refers.fullmatch(key) and one.attrib[key] not in known]
        for key in dead:
            del one.attrib[key]
        if dead and name in ("blip", "imagedata"):
            structure.seen["missing"] += 1


class _Pictures:
    """Stores the pictures that mammoth comes upon, and names those that cannot be taken over."""

    def __init__(self, package: Package, by: User) -> None:
        self.by = by
        self.lost: list[str] = []
        self._addresses: dict[str, str] = {}
        self._passed: set[str] = set()
        self._names: dict[str, str] = {}
        for part in filter(None, (package.main, package.part("footnotes"), package.part("endnotes"))):
            used = _pictures_of(package.xml(part))
            for key, found in package.relationships(part).items():
                if found.kind != "image" or key not in used:
                    continue
                if found.is_outside or found.target not in package.sizes:
                    self.lost.append(_left_out(found.target, _("it lies outside the document.")))
                else:
                    name = found.target.rpartition("/")[2]
                    self._names[sha256(package.read(found.target))] = name

    def convert(self, image: mammoth.documents.Image) -> list:
        """What mammoth writes for a picture: an element, or nothing."""
        try:
            with image.open() as opened:
                data = opened.read()
        except MALFORMED:
            return []  # named already: it lies outside, or is not there
        digest = sha256(data)
        self._passed.add(digest)
        described = (image.alt_text or "").strip()
        name = self._names.get(digest) or described or _("without a name")
        if digest not in self._addresses:
            self._addresses[digest] = self._stored(data, name)
        if not self._addresses[digest]:
            return []
        # WPS and Word put the picture's path there when nobody described it.
        alt = "" if re.search(r"[\\/]|\.\w{3,4}$", described) else described[:200]
        return [mammoth_html.element("img", {"src": self._addresses[digest], "alt": alt})]

    def _stored(self, data: bytes, name: str) -> str:
        if len(self._addresses) >= MOST_PICTURES:
            self.lost.append(_left_out(name, _("the document has more than %(most)d.") % {"most": MOST_PICTURES}))
            return ""
        try:
            return files.store_picture(data, self.by).get_absolute_url()
        except (UnusablePicture, files.NotStored) as error:
            ending = name.rpartition(".")[2].lower()
            if ending in DRAWINGS and not isinstance(error, files.NotStored):
                why = _("browsers cannot show %(format)s. Save it as PNG and insert it.") % {"format": ending.upper()}
            else:
                why = str(error)
            self.lost.append(_left_out(name, why))
            return ""

    def forgotten(self) -> list[str]:
        """Sentences for the pictures of the document that mammoth passed over."""
        why = _("it stands in a drawing that could not be read.")
        return [_left_out(name, why) for digest, name in self._names.items() if digest not in self._passed]


def _pictures_of(root: ElementTree.Element) -> set[str]:
    """Ids of the relationships to pictures that stand in a part's text."""
    return {
        value
        for one in root.iter()
        if one.tag.rpartition("}")[2] in ("blip", "imagedata")
        for key, value in one.attrib.items()
        if _refers.fullmatch(key)
    }


def _left_out(name: str, why: str) -> str:
    return _("The picture “%(name)s” was left out: %(why)s") % {"name": name[:100], "why": why}


def _finished(html: str) -> str:
    """mammoth's HTML with footnotes as the sanitiser knows them, lists that go on counting, and plain cells."""
    numbers: dict[tuple[str, str], int] = {}
    counted = count(1)

    def mark(found: re.Match) -> str:
        key = (found[1], found[2])
        if key not in numbers:
            numbers[key] = next(counted)
        return f'href="#fn-{numbers[key]}" id="fnref-{numbers[key]}"'

    html = _mark.sub(mark, html)
    html = _way_back.sub(lambda found: f'href="#fnref-{numbers.get((found[1], found[2]), 0)}"', html)
    if first := _note.search(html):
        place = html.rindex("<ol>", 0, first.start())
        html = f"{html[:place]}<hr>{html[place:]}"
    html = _twice_raised.sub(r"<sup>\1</sup>", html)
    html = _note.sub(
        lambda found: f'<li id="fn-{numbers.get((found[1], found[2]), 0)}">{"<p>" if found[3] else ""}', html
    )
    html = _local_link.sub(r"\1", html)
    html = _first_counted.sub(lambda found: "<ol><li>" if found[1] == "1" else f'<ol start="{found[1]}"><li>', html)
    html = _counted.sub("", html)
    return _lone_paragraph.sub(_cell, html)


def _cell(found: re.Match) -> str:
    side = f' class="{found[2]}"' if found[2] else ""
    return f"{found[1]}{side}>{found[3]}"


def _told(structure: Structure, package: Package) -> list[str]:
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
    told = [say() for name, say in sentences.items() if structure.seen[name]]
    if _has_heads(package):
        told.append(_("What stands at the head or foot of every page was left out."))
    return told


def _has_heads(package: Package) -> bool:
    """Whether the pages have a head or foot with words other than their number."""
    for found in package.relationships(package.main).values():
        if found.kind in ("header", "footer") and found.target in package.sizes:
            root = package.xml(found.target)
            words = "".join(one.text or "" for one in root.iter() if one.tag.endswith("}t"))
            if re.search(r"[^\W\d_]", words.replace("第", "").replace("页", "").replace("共", "")) or _pictures_of(
                root
            ):
                return True
    return False
