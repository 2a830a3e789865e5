"""File storage by SHA-256 digest: store, and read back only what is still intact."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import User
from articles.files import renditions
from articles.models import File, Rendition, Revision, Upload
from articles.text.sanitising import UnusablePicture
from inputs.archives import DAMAGED_ARCHIVE_ERRORS, ArchiveLimits, open_archive
from inputs.exceptions import InputTooLarge
from ledger.atomic_files import write_atomically
from ledger.canonical_json import sha256
from ledger.monitoring.alarms import raise_alarm
from ledger.seals import SEAL_FIELDS

logger = logging.getLogger(__name__)

MAX_FILE_MB = 10
MAX_FILE_BYTES = MAX_FILE_MB * 1024 * 1024
MAX_PICTURE_PIXELS = 40_000_000
MAX_PICTURES_AT_ONCE = 200  # that come with one text
MAX_PIXELS_AT_ONCE = 800_000_000  # of all of them; each million takes about 40 ms, and a telephone takes twelve
# Format found in the content → (what we write, media type, ending). SVG and the like are no pictures to us.
STORED_FORMATS = {
    "JPEG": ("JPEG", "image/jpeg", "jpg"),
    "MPO": ("JPEG", "image/jpeg", "jpg"),
    "PNG": ("PNG", "image/png", "png"),
    "GIF": ("PNG", "image/png", "png"),
    "BMP": ("PNG", "image/png", "png"),
    "WEBP": ("WEBP", "image/webp", "webp"),
}

DECODED_FORMATS = ["JPEG", "PNG", "GIF", "BMP", "WEBP"]
KEPT_IMAGE_INFO = ("icc_profile", "transparency")


def store_picture(data: bytes, by: User) -> File:
    """Re-encodes a picture and stores it, with its renditions, under its digest; the same picture is stored once.

    Re-encoding drops whatever else the bytes held: metadata, trailing data, a second meaning as another format.
    Raises UnusablePicture for what is no picture of a known format or is larger than MAX_FILE_BYTES or
    MAX_PICTURE_PIXELS, and NotStored if the disk does not take it.
    """
    return _store_opened(_open_picture(data), by)


class PictureIntake:
    """Stores the pictures that come with one text, up to a number of pictures and of pixels."""

    def __init__(self, by: User) -> None:
        self.by = by
        self.pictures = self.pixels = 0

    def store(self, data: bytes) -> File:
        """As `store_picture`; raises UnusablePicture also when the text has brought too many."""
        self.pictures += 1
        if self.pictures > MAX_PICTURES_AT_ONCE:
            raise UnusablePicture(
                _("the text brings more than %(most)d pictures at once. Insert the others after saving.")
                % {"most": MAX_PICTURES_AT_ONCE}
            )
        picture = _open_picture(data)
        self.pixels += picture.width * picture.height
        if self.pixels > MAX_PIXELS_AT_ONCE:
            raise UnusablePicture(
                _("the pictures have more than %(limit)d million pixels together. Make them smaller.")
                % {"limit": MAX_PIXELS_AT_ONCE // 10**6}
            )
        return _store_opened(picture, self.by)


def _open_picture(data: bytes) -> Image.Image:
    """Read the head of a picture and judge its size; nothing is decoded yet. Raises UnusablePicture."""
    if len(data) > MAX_FILE_BYTES:
        raise UnusablePicture(_("it is larger than %(limit)d MB.") % {"limit": MAX_FILE_MB})
    with _unusable_if_damaged():
        picture = Image.open(io.BytesIO(data), formats=DECODED_FORMATS)
        if picture.width * picture.height > MAX_PICTURE_PIXELS:
            raise UnusablePicture(_pixel_limit_message())
        return picture


@contextmanager
def _unusable_if_damaged() -> Iterator[None]:
    """What Pillow raises for a picture that is damaged or too large becomes UnusablePicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UnusablePicture:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnusablePicture(_pixel_limit_message()) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UnusablePicture(_("it is no picture that can be read (JPEG, PNG, GIF, WebP).")) from error


def _store_opened(picture: Image.Image, by: User) -> File:
    with _unusable_if_damaged():
        form, media_type, extension = STORED_FORMATS[picture.format]
        picture = ImageOps.exif_transpose(picture)
        # What Pillow would write again: only what the picture cannot be shown rightly without.
        picture.info = {name: value for name, value in picture.info.items() if name in KEPT_IMAGE_INFO}
        if form == "JPEG" and picture.mode not in ("RGB", "L"):
            picture = picture.convert("RGB")
        elif form != "JPEG" and picture.mode not in ("RGB", "RGBA", "L", "LA", "P", "1"):
            picture = picture.convert("RGBA")
        out = io.BytesIO()
        picture.save(out, form, **({"quality": 88, "optimize": True} if form == "JPEG" else {}))
    data = out.getvalue()
    # Encoded before the transaction, which on SQLite keeps all others from writing.
    encoded = None if _has_renditions(data) else list(renditions.encode_renditions(picture, len(data)))
    with transaction.atomic():  # a full disk leaves no picture with half its renditions
        file = _store(data, media_type, extension, by, width=picture.width, height=picture.height)
        if encoded is None and not _has_renditions(data):  # they were expunged meanwhile
            encoded = list(renditions.encode_renditions(picture, len(data)))
        kind = (renditions.MEDIA_TYPE, renditions.EXTENSION)
        for made in encoded or []:
            stored = _store(made.data, *kind, by, width=made.width, height=made.height)
            renditions.create_rendition(file, made.name, stored)
        return _record_upload(file, by)


def _has_renditions(data: bytes) -> bool:
    """Whether the picture with this content has renditions, and all of them are on the disk."""
    known = [one.file for one in Rendition.objects.filter(original__digest=sha256(data)).select_related("file")]
    return bool(known) and all(has_size(file.path, file.size) for file in known)


# What stands in a package of ISO/IEC 29500 or GB/T 33190 (OFD) → (media type, ending).
DOCUMENT_TYPES = {
    "word/document.xml": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "ppt/presentation.xml": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    "OFD.xml": ("application/ofd", "ofd"),
}
# Only its directory is read here; readers unpack the whole on their own machines.
DOCUMENT_LIMITS = ArchiveLimits(
    unpacked_bytes=500 * 1024 * 1024, entries=5000, advice=gettext_lazy("Save the document again, or as PDF.")
)


class UnusableFile(Exception):
    """Why something cannot be attached, for the person who brought it."""


class NotStored(UnusableFile):
    """The disk did not take the file: it is full, read-only or broken. Nothing was stored."""


class MissingFile(Exception):
    """A text uses a file that is not on the disk, or not whole; the message says so."""


def store_document(data: bytes, by: User) -> File:
    """Stores a document as it is, under its digest. What it is, its content says; its name and claims do not count.

    Raises UnusableFile for what is larger than MAX_FILE_BYTES, is neither PDF, OFD, .docx, .xlsx nor .pptx, or has
    macros.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnusableFile(_("It is larger than %(limit)d MB.") % {"limit": MAX_FILE_MB})
    kind = _document_type(data)
    with transaction.atomic():
        return _record_upload(_store(data, *kind, by), by)


def store_upload(data: bytes, by: User) -> File:
    """Stores what somebody brought, be it a picture or a document; its content says which.

    Raises UnusableFile, with a sentence that says what to bring instead.
    """
    if data.startswith((b"%PDF-", b"PK")):
        return store_document(data, by)
    try:
        return store_picture(data, by)
    except UnusablePicture as error:
        if is_picture(data):
            raise UnusableFile(_("The picture cannot be used: %(why)s") % {"why": error}) from error
        raise UnusableFile(
            _("It is neither a picture (JPEG, PNG, GIF, WebP) nor a document (PDF, OFD, .docx, .xlsx, .pptx).")
        ) from error


def is_picture(data: bytes) -> bool:
    """Whether the content begins as one of the kinds of pictures that are taken in; it may be damaged all the same."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.open(io.BytesIO(data), formats=DECODED_FORMATS)
    except Image.DecompressionBombError:
        return True
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return False
    return True


def _record_upload(file: File, by: User) -> File:
    upload = Upload(file=file, person=by)
    upload.apply_seal()
    facts = {name: getattr(upload, name) for name in ("at", *SEAL_FIELDS)}
    Upload.objects.get_or_create(file=file, person=by, defaults=facts)
    return file


def _document_type(data: bytes) -> tuple[str, str]:
    if data.startswith(b"%PDF-"):
        return "application/pdf", "pdf"
    try:
        with open_archive(data, DOCUMENT_LIMITS) as package:
            names = package.namelist()
    except InputTooLarge as error:
        raise UnusableFile(str(error)) from error
    except DAMAGED_ARCHIVE_ERRORS:
        names = []
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UnusableFile(_("It has macros. Save it without them and bring it again."))
    for name, kind in DOCUMENT_TYPES.items():
        if name in names:
            return kind
    raise UnusableFile(_("It is no document that can be attached. Use PDF, OFD, .docx, .xlsx or .pptx."))


def _pixel_limit_message() -> str:
    return _("it has more than %(limit)d million pixels.") % {"limit": MAX_PICTURE_PIXELS // 10**6}


def _write(data: bytes) -> None:
    """Write the content under its digest, unless it is there. A file that is broken is repaired. Raises NotStored."""
    path = File(digest=sha256(data)).path
    file = Path(default_storage.path(path))
    try:
        if not has_size(path, len(data)) or file.read_bytes() != data:
            write_atomically(file, data, mode=settings.FILE_UPLOAD_PERMISSIONS)
    except OSError as error:
        logger.exception("%s could not be written", path)
        raise NotStored(
            _("The server could not store the file: its disk is full or cannot be written. Tell an administrator.")
        ) from error


def has_intact_seal(file: File) -> bool:
    """Whether type, ending, size and dimensions of a file are what was sealed; raises an alarm if not."""
    if file.seal_holds():
        return True
    raise_alarm(f"file {file.digest[:12]}", gettext_noop("its type, size or dimensions are not what was sealed"))
    return False


def _store(data: bytes, media_type: str, extension: str, by: User, **facts: int) -> File:
    """Return the row of a content, and write the content. Inside a transaction, which keeps the row locked.

    The row comes first: expunging deletes row and content while it has the row locked (articles.files.removal), so
    content that was found on the disk before could be gone afterwards. Two who bring the same content at the same
    moment get the same row. Raises NotStored.
    """
    digest = sha256(data)
    facts = {"size": len(data), "media_type": media_type, "extension": extension, "uploaded_by": by, **facts}
    made = File(digest=digest, **facts)
    made.apply_seal()
    facts |= {name: getattr(made, name) for name in ("uploaded_at", *SEAL_FIELDS)}
    while (file := _locked_row(digest)) is None:
        File.objects.get_or_create(digest=digest, defaults=facts)
    _write(data)
    return file


def _locked_row(digest: str) -> File | None:
    """The row of the content, if there is one. Nobody deletes it before the transaction ends.

    FOR KEY SHARE is the lock of a foreign key: it stops deletion, and no other upload. A transaction of SQLite is
    IMMEDIATE and alone.
    """
    found = "SELECT * FROM articles_file WHERE digest = %s"
    query = f"{found} FOR KEY SHARE" if connection.vendor == "postgresql" else found
    return next(iter(File.objects.raw(query, [digest])), None)


def has_size(path: str, size: int) -> bool:
    """Whether the file at `path` (`File.path`) is on the disk and has as many bytes."""
    try:
        return default_storage.size(path) == size
    except OSError:
        return False


def check_on_disk(revision: Revision) -> None:
    """Raise MissingFile if a file of the text or its cover is not on the disk, or has the wrong size.

    At most one query. The content is checked when a file is served (`is_file_intact`).
    """
    names = {row["digest"]: row["name"] for row in revision.attachment_contents()}
    if revision.cover_id:
        names.setdefault(revision.cover.digest, "")
    sizes = dict(File.objects.filter(digest__in=names).values_list("digest", "size")) if names else {}
    missing = [digest for digest in names if not has_size(File(digest=digest).path, sizes.get(digest, -1))]
    if missing:
        shown = ", ".join(names[digest] or digest[:12] for digest in missing)
        text = _("A file of this text is missing on the server or damaged (%(files)s). Upload it again.")
        raise MissingFile(text % {"files": shown})


def read_verified(file: File) -> bytes | None:
    """The content, or None when what lies on disk is gone or is no longer what its digest says (logged)."""
    try:
        with default_storage.open(file.path) as stored:
            data = stored.read()
    except OSError:
        logger.exception("file %s cannot be read", file.digest)
        return None
    if sha256(data) != file.digest:
        logger.error("file %s was changed on disk; it is not served", file.digest)
        return None
    return data


# Digest → what the file system said of the file when its content was found to be that. A change shows in it: nobody
# but root sets the moment at which a file's own record was changed last.
_verified_stats: dict[str, tuple[int, int, int, int]] = {}
MAX_VERIFIED_STATS = 10_000


def is_file_intact(file: File) -> bool:
    """Whether what lies on disk is what its digest says; read again only when it has been touched since."""
    try:
        before = _file_stat(file)
    except OSError:
        logger.exception("file %s cannot be read", file.digest)
        return False
    if _verified_stats.get(file.digest) == before:
        return True
    if read_verified(file) is None:
        return False
    if len(_verified_stats) >= MAX_VERIFIED_STATS:
        _verified_stats.clear()
    _verified_stats[file.digest] = before
    return True


def _file_stat(file: File) -> tuple[int, int, int, int]:
    found = Path(default_storage.path(file.path)).stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
