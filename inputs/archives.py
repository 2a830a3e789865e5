"""Bounds on packages (.docx, .xlsx, …): a zip archive is judged by its directory, still packed."""

import io
import zipfile
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from inputs.exceptions import InputTooLarge

MAX_ENTRIES = 3000
# What zipfile and the modules beneath it raise for bytes that are no sound archive.
DAMAGED_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
    OSError,
)

_END_SIGNATURE = b"PK\x05\x06"  # APPNOTE.TXT 4.3.16: end of central directory
_END_BYTES = 22
_MAX_COMMENT_BYTES = 65_535


@dataclass(frozen=True)
class ArchiveLimits:
    """The most that one archive may hold, packed and unpacked. `advice`: what to do instead, as a sentence."""

    unpacked_bytes: int
    advice: str | Promise
    entries: int = MAX_ENTRIES


def open_archive(data: bytes, limits: ArchiveLimits) -> zipfile.ZipFile:
    """Open a zip archive whose directory keeps to the limits. No entry is unpacked.

    The sizes in the directory may lie: zipfile unpacks no more than they say, and finds that the checksum is wrong.
    Raises InputTooLarge, or one of DAMAGED_ARCHIVE_ERRORS.
    """
    if _stated_entries(data) > limits.entries:
        raise _too_large(limits)
    archive = zipfile.ZipFile(io.BytesIO(data))
    entries = archive.infolist()
    if len(entries) > limits.entries or sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise _too_large(limits)
    return archive


def _stated_entries(data: bytes) -> int:
    """The number of entries that the end of the archive states; 0 where it states none.

    zipfile builds an object for each entry before anybody can count them, 100,000 of them in a megabyte.
    """
    end = data.rfind(_END_SIGNATURE, -(_END_BYTES + _MAX_COMMENT_BYTES))
    return int.from_bytes(data[end + 10 : end + 12], "little") if end >= 0 else 0


def _too_large(limits: ArchiveLimits) -> InputTooLarge:
    text = _("It unpacks to more than %(limit)d MB or %(entries)d parts. %(advice)s")
    facts = {"limit": limits.unpacked_bytes // 1024 // 1024, "entries": limits.entries, "advice": limits.advice}
    return InputTooLarge(text, params=facts)
