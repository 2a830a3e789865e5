"""Removal of files that nobody uploaded any more and nothing uses: what expunging leaves behind."""

import logging

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_noop

from articles.models import File, Rendition, Revision, Upload
from articles.models.file import FileQuerySet
from ledger.monitoring.alarms import raise_alarm

logger = logging.getLogger(__name__)


def release_files(candidates: set[int]) -> None:
    """Forget who uploaded those of `candidates` (ids) that no text uses; their content goes after the commit.

    Inside the caller's transaction. From its commit on, nobody may have these files.
    """
    unused = _not_in_texts().filter(pk__in=candidates)
    Upload.objects.filter(file__in=list(unused.values_list("pk", flat=True))).delete()
    transaction.on_commit(remove_unused_files)


def remove_unused_files() -> None:
    """Delete row and content of every file that nobody uploaded and nothing uses.

    Also takes what an earlier removal did not get to, because the process died or the disk refused. Renditions follow
    their original. An alarm names content that cannot be deleted.
    """
    kept: set[int] = set()
    while file := _unused().exclude(pk__in=kept).order_by("pk").first():
        try:
            is_removed = _remove_if_unused(file)
        except OSError:
            logger.exception("%s could not be deleted", file.path)
            said = gettext_noop("it was expunged, but its content could not be deleted from the disk")
            raise_alarm(f"file {file.digest[:12]}", said)
            is_removed = False
        if not is_removed:
            kept.add(file.pk)


@transaction.atomic
def _remove_if_unused(file: File) -> bool:
    """Delete the content before the transaction ends, while the row is locked; return False if the file is in use.

    An upload of the same content locks the row too (articles.files.storage), so it comes before, and the file stays,
    or afterwards, and writes the content again.
    """
    if not File.objects.select_for_update().filter(pk=file.pk).exists():
        return False
    if not _unused().filter(pk=file.pk).exists():  # a query of its own: it sees what the lock waited for
        return False
    Rendition.objects.filter(original=file).delete()
    File.objects.filter(pk=file.pk).delete()
    default_storage.delete(file.path)
    return True


def _not_in_texts() -> FileQuerySet:
    """Files that are neither attached to a revision nor its cover."""
    covers = Revision.objects.exclude(cover=None).values("cover")
    return File.objects.filter(attachments=None).exclude(pk__in=covers)


def _unused() -> FileQuerySet:
    """Files that, besides, nobody uploaded, and that are no rendition."""
    return _not_in_texts().filter(uploads=None).exclude(pk__in=Rendition.objects.values("file"))
