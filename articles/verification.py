"""Checks of `verify` on articles: seals, digests of texts, files on disk."""

from collections.abc import Iterator
from itertools import islice

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from articles.files.storage import read_verified
from articles.listings import counts
from articles.models import (
    Article,
    DraftSave,
    EndKind,
    File,
    Placement,
    Publication,
    Rendition,
    Revision,
    Upload,
    Withdrawal,
)
from articles.search.index_check import wrongly_indexed
from ledger.canonical_json import sha256
from ledger.verification.checks import long_running, register_verifier
from ledger.verification.walks import walk

INDEX_CHUNK_ROWS = 50  # publications whose words are compared at once; a body may be a megabyte
EXCLUSION_CONSTRAINT = "one_live_publication_an_article"
# As PostgreSQL tells of what the migration wrote.
EXCLUSION_DEFINITION = (
    "EXCLUDE USING gist (int8range(article_id, article_id, '[]'::text) WITH &&, "
    "tstzrange(live_from, live_until, '[)'::text) WITH &&) DEFERRABLE"
)
# Ids of the publications that `publication_seals` named for their words, and for their end. It runs first. The checks
# after it look here, because verifying a signature again takes long.
_broken_publications: set[int] = set()
_broken_ends: set[int] = set()


def _name(publication: Publication) -> str:
    return f"publication {publication.pk} (article {publication.article_id})"


@register_verifier
def exclusion_of_overlaps() -> Iterator[str]:
    """The one constraint that Django's models cannot say (migrations); SQLite has a guard in its place."""
    if connection.vendor != "postgresql":
        return
    table = Publication._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
            [EXCLUSION_CONSTRAINT, table],
        )
        found = cursor.fetchone()
    if found is None:
        yield f"constraint {EXCLUSION_CONSTRAINT}: missing from table {table}"
    elif found[0] != EXCLUSION_DEFINITION:
        yield f"constraint {EXCLUSION_CONSTRAINT}: is not as the site made it"


@register_verifier
def publications_never_overlap() -> Iterator[str]:
    """At any instant at most one publication of an article is live: a former one, reopened with the seal that it had
    while it was, is named."""
    effective = Publication.objects.not_called_off()
    later = effective.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
    later = later.filter(Q(live_until=None) | Q(live_until__gt=OuterRef("live_from")))
    open_ended = effective.filter(Exists(later), live_until=None)
    closed = effective.filter(Exists(later.filter(live_from__lt=OuterRef("live_until"))))
    for found in (open_ended, closed):
        for publication in found.order_by("pk").iterator(chunk_size=500):
            yield f"{_name(publication)}: live at the same time as a later one"


@register_verifier
def publication_seals() -> Iterator[str]:
    """The seal of each publication and that of its end hold, and its interval is what its end says."""
    _broken_publications.clear()
    _broken_ends.clear()
    rows = Publication.objects.select_related("end").order_by("pk")
    for publication in walk(rows, article="article", chunk_size=500):
        where, end = _name(publication), publication.recorded_end()
        if not publication.words_hold():
            _broken_publications.add(publication.pk)
            yield (
                f"{where}: its seal does not hold; title, summary, date, department or sign-offs changed, or the key "
                "is not trusted"
            )
        if end and not end.seal_holds():
            _broken_ends.add(publication.pk)
            yield f"{where}: the seal of its end does not hold"
        elif not publication.end_holds():
            _broken_ends.add(publication.pk)
            yield f"{where}: live_until or planned_until is not what its sealed end says"


@register_verifier
def revision_seals() -> Iterator[str]:
    """Every text is as it was saved last, by these people; a frozen one has the digest that was decided on.

    An expunged one is empty, which the database holds it to (`what_is_expunged_is_empty_and_out_of_use`).
    """
    revisions = Revision.objects.filter(expunged_at=None).with_related_rows().order_by("pk")
    # Saves of a draft do not stand in the ledger. A body may be a megabyte.
    for revision in walk(revisions, article="article", also=~Q(state="frozen"), chunk_size=50):
        where = f"revision {revision.pk} (article {revision.article_id})"
        frozen = revision.is_frozen
        if frozen and (revision.compute_digest() != revision.digest or sha256(revision.body) != revision.body_digest):
            yield f"{where}: its words do not match its digest"
        elif not revision.seal_holds():
            yield f"{where}: its seal does not hold; it or its contributors were changed outside the site"


@register_verifier
def article_seals() -> Iterator[str]:
    for article in walk(Article.objects.order_by("pk"), article="pk"):
        if not article.seal_holds():
            yield f"article {article.pk}: its seal does not hold; department, people or state changed outside the site"


@register_verifier
def upload_seals() -> Iterator[str]:
    for upload in walk(Upload.objects.select_related("file").order_by("pk")):
        if not upload.seal_holds():
            yield f"upload {upload.pk} (file {upload.file.digest}): its seal does not hold; put in outside the site"


@register_verifier
def draft_save_seals() -> Iterator[str]:
    saves, unfrozen = DraftSave.objects.select_related("revision").order_by("pk"), ~Q(revision__state="frozen")
    for save in walk(saves, article="revision__article", also=unfrozen, chunk_size=50):
        if not save.seal_holds():
            yield f"draft save {save.pk} (article {save.revision.article_id}): its seal does not hold"


@register_verifier
def publications_match_their_revisions() -> Iterator[str]:
    """What listings and pages show is what the revision says."""
    published = Publication.objects.filter(revision__expunged_at=None).select_related("revision", "revision__cover")
    rows = published.prefetch_related("revision__attachments__file", "revision__further_columns").order_by("pk")
    for publication in walk(rows.defer("revision__body"), article="article", chunk_size=500):
        revision = publication.revision
        expected = {
            "article_id": revision.article_id,
            "title": revision.title,
            "summary": revision.summary,
            "address": revision.address,
            "cover_digest": revision.cover.digest if revision.cover else "",
            "dated": revision.dated or publication.first_live_from,
            "digest": revision.digest,
            "body_digest": revision.body_digest,
            "columns": sorted(column.department_id for column in revision.further_columns.all()),
            "files": [attachment.file.digest for attachment in revision.attachments.all()],
        }
        wrong = [name for name, value in expected.items() if getattr(publication, name) != value]
        if wrong:
            yield f"{_name(publication)}: differs from its revision in {', '.join(wrong)}"


@register_verifier
def first_publications() -> Iterator[str]:
    """The first publication never changes: it is the beginning of the earliest that was not called off."""
    effective = Publication.objects.not_called_off()
    first = effective.filter(article=OuterRef("article")).order_by("live_from").values("live_from")[:1]
    wrong = effective.alias(first=Subquery(first)).exclude(first=F("first_live_from"))
    for publication in wrong.order_by("pk").iterator(chunk_size=500):
        yield f"{_name(publication)}: first_live_from is not when the article was published first"


@register_verifier
def placements() -> Iterator[str]:
    """Every publication stands in its department and its columns, and nowhere else."""
    rows = Placement.objects.select_related("publication").order_by("pk")
    for placement in walk(rows, article="article", chunk_size=500):
        publication = placement.publication
        if publication.pk in _broken_publications:
            continue  # its columns may be anything
        if not placement.matches_seal():
            yield f"placement {placement.pk} (publication {publication.pk}): stands where its seal does not put it"
    placed = Publication.objects.prefetch_related("placements").order_by("pk")
    for publication in walk(placed, article="article", chunk_size=500):
        if publication.pk in _broken_publications:
            continue
        present = {placement.department_id for placement in publication.placements.all()}
        for absent in publication.listing_departments() - present:
            yield f"{_name(publication)}: missing from department {absent}"


@register_verifier
def listing_segments() -> Iterator[str]:
    """Every segment of a listing counts what it has, and nothing that is public is left out of its listing."""
    for found in counts.wrong_segments():
        where = f"segment {found.pk} of the listing of department {found.department}"
        yield f"{where}: counts {found.recorded_count}, has {found.actual_count}"
    for department in counts.departments_without_segments():
        yield f"listing of department {department}: its oldest segment is missing"
    hidden = Placement.objects.filter(Q(live_until=None) | Q(live_until__gt=timezone.now()), count_state=None)
    for placement in hidden.order_by("pk").iterator(chunk_size=500):
        yield f"placement {placement.pk} (publication {placement.publication_id}): left out of its listing"


@register_verifier
@long_running
def search_index() -> Iterator[str]:
    """The index of the search holds the words of what is public or will be: no more, no fewer."""
    public = Publication.objects.live_or_scheduled().filter(revision__expunged_at=None)
    rows = walk(public.select_related("revision").order_by("pk"), article="article", chunk_size=INDEX_CHUNK_ROWS)
    while chunk := list(islice(rows, INDEX_CHUNK_ROWS)):
        for publication in wrongly_indexed([one for one in chunk if one.pk not in _broken_publications | _broken_ends]):
            where = f"publication {publication.pk} (article {publication.article_id})"
            yield f"{where}: the index of the search does not hold its words; manage.py reindex sets it right"


@register_verifier
def withdrawal_seals() -> Iterator[str]:
    """The seal of each notice holds, and its publication ended with it."""
    for withdrawal in walk(
        Withdrawal.objects.select_related("publication__end").order_by("pk"), article="publication__article"
    ):
        if not withdrawal.seal_holds():
            yield f"withdrawal {withdrawal.pk}: the seal of its notice does not hold"
        end = withdrawal.publication.recorded_end()
        if end is None or (end.kind, end.until) != (EndKind.WITHDRAWN, withdrawal.at):
            yield f"{_name(withdrawal.publication)}: withdrawn, but its end is another"


@register_verifier
def rendition_seals() -> Iterator[str]:
    for rendition in walk(Rendition.objects.select_related("original", "file").order_by("pk"), chunk_size=500):
        if not rendition.seal_holds():
            yield f"rendition {rendition.pk} of file {rendition.original.digest}: its seal does not hold"


@register_verifier
def files() -> Iterator[str]:
    for file in walk(File.objects.order_by("pk")):
        if not file.seal_holds():
            yield f"file {file.digest}: its seal does not hold; type, ending, size, dimensions or uploader changed"
        if read_verified(file) is None:
            yield f"file {file.digest}: its content is gone or was changed"
