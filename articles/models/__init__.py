"""Models of articles: revisions, publications, placements, files, reads, versions."""

from articles.models.article import Article
from articles.models.file import File, Rendition, Upload
from articles.models.placement import CountState, ListingSegment, Placement
from articles.models.publication import EndKind, Publication, PublicationEnd, Withdrawal
from articles.models.reads import FlushedBatch, Read, ReadTotal, RecentRead
from articles.models.revision import Attachment, Contribution, DraftSave, FurtherColumn, Revision
from articles.models.search import SearchPartition
from articles.models.versions import ContentVersion

__all__ = [
    "Article",
    "Attachment",
    "ContentVersion",
    "Contribution",
    "CountState",
    "DraftSave",
    "EndKind",
    "File",
    "FlushedBatch",
    "FurtherColumn",
    "ListingSegment",
    "Placement",
    "Publication",
    "PublicationEnd",
    "Read",
    "ReadTotal",
    "RecentRead",
    "Rendition",
    "Revision",
    "SearchPartition",
    "Upload",
    "Withdrawal",
]
