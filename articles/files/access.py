"""Who may have a file.

Visitors while it is public; people who uploaded it, or who may see a text that uses it.
"""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from articles.files import renditions
from articles.models import Article, Attachment, File, Publication, Upload

MAX_USERS_CHECKED = 20  # publications that use a file, the newest first


def _used_in_public() -> Q:
    """The condition on files that a live publication uses them."""
    live = Publication.objects.live()
    attached = live.filter(revision__attachments__file=OuterRef("pk"))
    return Q(Exists(attached)) | Q(Exists(live.filter(cover_digest=OuterRef("digest"))))


def _digests_brought_by(person: User, digests: Collection[str]) -> set[str]:
    """Return which of `digests` the person uploaded; a row that was put in with SQL does not count. One query."""
    uploads = Upload.objects.filter(person=person, file__digest__in=digests).select_related("file")
    return {upload.file.digest for upload in uploads if upload.seal_holds()}


def _seen_by(person: User) -> Q:
    """The condition on files that the person may see a text that uses them."""
    articles = Article.objects.visible_to(person)
    attached = Attachment.objects.filter(file=OuterRef("pk"), revision__article__in=articles)
    return Q(Exists(attached)) | Q(Exists(articles.filter(revisions__cover=OuterRef("pk"))))


def is_public(file: File) -> bool:
    """Return whether a live publication uses the file, or the picture that it is a rendition of.

    Rows of attachments only lead to publications; the seal of one of them must name the file. Of a file that very many
    use, a few are looked at. One query, and one for the renditions.
    """
    digests = renditions.original_digests(file)
    attached = Attachment.objects.filter(file__digest__in=digests).values("revision")
    users = [
        Publication.objects.filter(revision__in=attached).order_by().values("pk"),
        Publication.objects.filter(cover_digest__in=digests).order_by().values("pk"),
    ]
    live = Publication.objects.live().filter(pk__in=users[0].union(users[1])).order_by("-pk")
    return any(
        not {*found.files, found.cover_digest}.isdisjoint(digests) and found.seal_holds()
        for found in live[:MAX_USERS_CHECKED]
    )


def may_download(person: User, file: File) -> bool:
    """Return whether a signed-in person may have a file that is not public."""
    if not person.is_authenticated:
        return False
    digests = renditions.original_digests(file)
    seen = File.objects.filter(_seen_by(person), digest__in=digests)
    return bool(_digests_brought_by(person, digests)) or seen.exists()


def digests_usable_by(person: User, digests: Collection[str]) -> set[str]:
    """Return which of `digests` the person may put into a text: all that they may have. Two queries."""
    usable = File.objects.filter(_seen_by(person) | _used_in_public(), digest__in=digests)
    return {*usable.values_list("digest", flat=True), *_digests_brought_by(person, digests)}
