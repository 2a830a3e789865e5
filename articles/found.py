"""The live publication of an article with all that its page needs, in one query (two where there are pictures)."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects
from django.utils import timezone

from articles.models import Attachment, File, Publication, ReadTotal, Rendition
from articles.places import places
from articles.prepared import Prepared
from articles.rows import Rows

OF_ATTACHMENT = ("kind", "name", "caption", "position")
OF_FILE = ("id", "digest", "size", "media_type", "extension", "width", "height")


class Found(NamedTuple):
    """A live publication with its revision, its department and, in `reads_stored`, the reads that the database has
    (None: none), and the revision's attachments in order."""

    publication: Publication
    attachments: list[Attachment]


def _query(article: int, at: datetime) -> QuerySet[Publication]:
    attachments = Attachment.objects.filter(revision=OuterRef("revision")).order_by("position", "pk")
    of_files = {f"file_{name}": f"file__{name}" for name in OF_FILE}
    live = Publication.objects.live(at).filter(article=article).select_related("revision__cover")
    counted = Subquery(ReadTotal.objects.filter(article=OuterRef("article")).values("count"))
    rows = Rows(attachments, *OF_ATTACHMENT, **of_files)
    return live.annotate(attachment_rows=rows, reads_stored=counted).order_by("-number")[:1]


_live = Prepared(_query, int, datetime)


def find(article: int) -> Found | None:
    """None when nothing of the article is live."""
    publication = _live.first(article, timezone.now())
    if publication is None:
        return None
    places().put_in([publication])
    attachments = [_attachment(publication, row) for row in publication.attachment_rows]
    if pictures := [attached.file for attached in attachments if attached.file.width]:
        prefetch_related_objects(pictures, Prefetch("renditions", Rendition.objects.select_related("file")))
    return Found(publication, attachments)


def _attachment(publication: Publication, row: dict[str, Any]) -> Attachment:
    file = File(**{name: row[f"file_{name}"] for name in OF_FILE})
    return Attachment(revision=publication.revision, file=file, **{name: row[name] for name in OF_ATTACHMENT})
