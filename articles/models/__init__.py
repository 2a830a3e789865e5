"""Articles and all that belongs to them, one idea a module."""

from articles.models.article import Article
from articles.models.file import File, Rendition, Upload
from articles.models.publication import Placement, Publication, Withdrawal
from articles.models.reads import Read, RecentRead
from articles.models.revision import Attachment, Contribution, DraftSave, FurtherColumn, Revision
from articles.models.search import SearchBucket

__all__ = [
    "Article",
    "Attachment",
    "Contribution",
    "DraftSave",
    "File",
    "FurtherColumn",
    "Placement",
    "Publication",
    "Read",
    "RecentRead",
    "Rendition",
    "Revision",
    "SearchBucket",
    "Upload",
    "Withdrawal",
]
