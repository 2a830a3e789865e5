"""The query of an article page: the live publication with its files and pictures."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects
from django.utils import timezone

from articles.caching.departments import department_tree
from articles.models import Attachment, File, Publication, ReadTotal, Rendition
from database.compiled_query import CompiledQuery
from database.json_subquery import JSONSubquery, datetime_from_json

ATTACHMENT_FIELDS = ("kind", "name", "caption", "position")
FILE_FIELDS = (
    *("id", "digest", "size", "media_type", "extension", "width", "height", "uploaded_at", "uploaded_by_id"),
    *("seal_key", "seal_signature"),
)


class LiveArticle(NamedTuple):
    """A live publication with its revision, its department and, in `stored_reads`, the reads that the database has
    (None: none), and the revision's attachments in order."""

    publication: Publication
    attachments: list[Attachment]


def _build_live_query(article: int, at: datetime) -> QuerySet[Publication]:
    attachments = Attachment.objects.filter(revision=OuterRef("revision")).order_by("position", "pk")
    of_files = {f"file_{name}": f"file__{name}" for name in FILE_FIELDS}
    live = Publication.objects.live(at).filter(article=article).select_related("revision__cover")
    counted = Subquery(ReadTotal.objects.filter(article=OuterRef("article")).values("count"))
    rows = JSONSubquery(attachments, *ATTACHMENT_FIELDS, **of_files)
    return live.annotate(attachment_rows=rows, stored_reads=counted).order_by("-number")[:1]


_live_query = CompiledQuery(_build_live_query, int, datetime)


def find_live_article(article: int) -> LiveArticle | None:
    """None when nothing of the article is live."""
    publication = _live_query.first(article, timezone.now())
    if publication is None:
        return None
    department_tree().attach_to([publication])
    attachments = [_attachment(publication, row) for row in publication.attachment_rows]
    if pictures := [attached.file for attached in attachments if attached.file.width]:
        prefetch_related_objects(pictures, Prefetch("renditions", Rendition.objects.select_related("file")))
    return LiveArticle(publication, attachments)


def _attachment(publication: Publication, row: dict[str, Any]) -> Attachment:
    values = {name: row[f"file_{name}"] for name in FILE_FIELDS}
    file = File(**{**values, "uploaded_at": datetime_from_json(values["uploaded_at"])})
    return Attachment(revision=publication.revision, file=file, **{name: row[name] for name in ATTACHMENT_FIELDS})
