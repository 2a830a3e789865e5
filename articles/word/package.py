"""The .docx package (ISO/IEC 29500-2), opened with size limits.

Documents come from anywhere. What is too large, packed to burst, nested too deeply or declares entities is refused
here, so that the code that reads the words (articles.word.structure, mammoth) has ordinary XML before it.
"""

import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inputs.archives import ArchiveLimits, open_archive
from inputs.exceptions import InputTooLarge
from inputs.xml import XmlCounter, XmlLimits

MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
PACKAGE_LIMITS = ArchiveLimits(
    unpacked_bytes=200 * 1024 * 1024, advice=gettext_lazy("Copy the text into a new document.")
)
# For all parts together that are read. 150 printed pages take about 5 MB, a table of 10,000 cells 120,000 elements.
# Each paragraph, empty or in a cell, takes mammoth 6 kB and 0.3 ms.
XML_LIMITS = XmlLimits(
    bytes=16 * 1024 * 1024,
    elements=200_000,
    named={"p": 20_000, "fldChar": 5_000},  # mammoth looks through all open fields at each run
    advice=gettext_lazy("The document is too long. Split it and bring the parts."),
)

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2: .doc, .wps, and what is protected by a password
ENCRYPTED_STREAM_NAME = "EncryptedPackage".encode(
    "utf-16-le"
)  # [MS-OFFCRYPTO] 2.3.4.4: the stream that holds the package
OFFICE_RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",
)


class UnreadableDocument(ValueError):
    """Why a document cannot be read and what to do about it, in a sentence for the person who brought it."""


# What reading a package that is no sound one raises, here and in mammoth, which trusts what it reads.
MALFORMED_PACKAGE_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, ElementTree.ParseError, UnicodeError, OSError, EOFError),
    *(LookupError, ValueError, TypeError, AttributeError, RuntimeError),
)


def damaged_document() -> UnreadableDocument:
    return UnreadableDocument(
        _("The document is damaged. Open it in Word or WPS, save it anew as .docx and bring that file.")
    )


@dataclass(frozen=True)
class Relationship:
    """`kind`: the last part of its type, such as image. `target`: name of a part, or an outside address."""

    kind: str
    target: str
    is_external: bool


class WordPackage:
    """An opened document. Raises UnreadableDocument for what is none, is protected, or goes beyond the bounds."""

    def __init__(self, data: bytes) -> None:
        check_is_package(data)
        try:
            self.archive = open_archive(data, PACKAGE_LIMITS)
        except InputTooLarge as error:
            raise _too_large_document(error) from error
        except MALFORMED_PACKAGE_ERRORS as error:
            raise damaged_document() from error
        entries = self.archive.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise UnreadableDocument(_protected_message())
        self.sizes = {entry.filename: entry.file_size for entry in entries}
        self._counter = XmlCounter(XML_LIMITS)
        self._parsed: dict[str, ElementTree.Element] = {}

    @cached_property
    def main_part(self) -> str:
        """Name of the part with the text. Raises UnreadableDocument when there is none, as in a table or slides."""
        for found in self.relationships("").values():
            if found.kind == "officeDocument" and found.target in self.sizes:
                break
        else:
            raise damaged_document()
        root = self.xml(found.target)
        if not root.tag.endswith("}document"):
            raise UnreadableDocument(_("This is no Word document. Bring a .docx file."))
        return found.target

    def related_part(self, kind: str) -> str:
        """Name of the main part's styles, numbering, footnotes or endnotes; "" when it has none."""
        targets = (found.target for found in self.relationships(self.main_part).values() if found.kind == kind)
        return next((target for target in targets if target in self.sizes), "")

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Id → relationship, of a part or (for "") of the package."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed not in self.sizes:
            return {}
        found = {}
        for one in self.xml(listed):
            kind, target = one.get("Type", ""), one.get("Target", "")
            is_outside = one.get("TargetMode") == "External"
            if not is_outside:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = kind.rsplit("/", 1)[1] if kind.startswith(OFFICE_RELATIONSHIPS) else ""
            found[one.get("Id", "")] = Relationship(kind, target, is_outside)
        return found

    def xml(self, name: str) -> ElementTree.Element:
        """The root of a part, checked; the same one each time. Raises UnreadableDocument."""
        if name not in self._parsed:
            try:
                self._counter.add_bytes(self.sizes.get(name, 0))
                data = self.archive.read(name)
                self._counter.add_elements(data)
                self._parsed[name] = ElementTree.fromstring(data)  # noqa: S314 (checked: no entities, not too deep)
            except InputTooLarge as error:
                raise _too_large_document(error) from error
            except MALFORMED_PACKAGE_ERRORS as error:
                raise damaged_document() from error
        return self._parsed[name]

    def read(self, name: str) -> bytes:
        """The content of a part as it is. Raises UnreadableDocument when it is missing or damaged."""
        try:
            return self.archive.read(name)
        except MALFORMED_PACKAGE_ERRORS as error:
            raise damaged_document() from error


def check_is_package(data: bytes) -> None:
    """Raises UnreadableDocument for bytes that are no package, saying what they are where that can be seen."""
    check_document_size(len(data))
    if data.startswith(OLE_SIGNATURE):
        if ENCRYPTED_STREAM_NAME in data:
            raise UnreadableDocument(_protected_message())
        raise UnreadableDocument(
            _("This is a document of the old format (.doc or .wps). Open it, save it as .docx and bring that file.")
        )
    if data.startswith(b"%PDF-"):
        raise UnreadableDocument(_("This is a PDF, which holds no paragraphs to take over. Bring the .docx file."))
    if data.lstrip()[:5].lower() in (b"{\\rtf", b"<html", b"<!doc", b"<?xml"):
        raise UnreadableDocument(
            _("Whatever its name says, this is no .docx file. Open it in Word or WPS and save it as .docx.")
        )
    if not data.startswith(b"PK"):
        raise UnreadableDocument(_("This is no Word document. Bring a .docx file."))


def check_document_size(size: int) -> None:
    """Raises UnreadableDocument for more than MAX_DOCUMENT_BYTES bytes."""
    if size > MAX_DOCUMENT_BYTES:
        raise UnreadableDocument(
            _("The document is larger than %(limit)d MB. Make its pictures smaller, or bring it in parts.")
            % {"limit": MAX_DOCUMENT_BYTES // 1024 // 1024}
        )


def _protected_message() -> str:
    return _("The document is protected by a password. Take the password away, save it and bring it again.")


def _too_large_document(error: ValidationError) -> UnreadableDocument:
    return UnreadableDocument(" ".join(error.messages))
