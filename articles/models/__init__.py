"""Articles and all that belongs to them, one idea a module."""

from articles.models.article import Article
from articles.models.file import File, Rendition, Upload
from articles.models.placement import ListingSegment, Placement, Standing
from articles.models.publication import Publication, Withdrawal
from articles.models.reads import Read, RecentRead
from articles.models.revision import Attachment, Contribution, DraftSave, FurtherColumn, Revision

__all__ = [
    "Article",
    "Attachment",
    "Contribution",
    "DraftSave",
    "File",
    "FurtherColumn",
    "ListingSegment",
    "Placement",
    "Publication",
    "Read",
    "RecentRead",
    "Rendition",
    "Revision",
    "Standing",
    "Upload",
    "Withdrawal",
]
