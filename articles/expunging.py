"""Expunging: erases the texts and files of an article and keeps the digests."""

from collections.abc import Callable
from datetime import datetime

from articles import publishing
from articles.files import removal
from articles.models import Article, Attachment, DraftSave, Revision
from articles.models.revision import TEXT_FIELDS, RevisionState
from articles.search import drafts_index

# Other apps keep words of articles too (reports of imports); each adds a function that empties what it has.
erase_hooks: list[Callable[[Article], None]] = []


def erase_article_content(article: Article, at: datetime) -> list[str]:
    """Empties every revision, draft history, publication and file of the article; returns the digests that remain.

    Inside the caller's transaction; the files themselves go once it is committed. The article counts as discarded.
    Raises ResealRefused for a publication that is not what was sealed.
    """
    revisions = Revision.objects.filter(article=article)
    digests = list(revisions.exclude(digest="").order_by("number").values_list("digest", flat=True))
    used = set(Attachment.objects.filter(revision__article=article).values_list("file_id", flat=True))
    used |= set(revisions.exclude(cover=None).values_list("cover_id", flat=True))
    # The seal goes too: with it, somebody could try out titles until one fits.
    cleared_values = {**dict.fromkeys((*TEXT_FIELDS, "seal_key", "seal_signature"), ""), "cover": None}
    cleared_values["expunged_at"] = at
    revisions.filter(state=RevisionState.FROZEN, expunged_at=None).update(**cleared_values)
    revisions.exclude(state=RevisionState.FROZEN).update(**cleared_values, state=RevisionState.DISCARDED)
    DraftSave.objects.filter(revision__article=article).delete()
    Attachment.objects.filter(revision__article=article).delete()
    drafts_index.remove_article(article)
    publishing.erase_texts(article)
    for empty in erase_hooks:
        empty(article)
    if not article.discarded_at:
        article.update_sealed(discarded_at=at)
    removal.release_files(used)
    return digests
