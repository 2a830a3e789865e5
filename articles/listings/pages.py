"""Pages of a department's listing, at the same cost at any depth."""

import logging
from datetime import datetime
from operator import attrgetter

from django.core.paginator import Page, Paginator
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from articles.listings import counts
from articles.listings.pagination import KeyRange, invalidate_offsets, locate_row
from articles.listings.pins import recorded_pins
from articles.listings.queries import PAGE_SIZE, live_ids_sql, union_of_ids
from articles.models import Placement
from articles.models.placement import NEWEST_KEY, PlacementQuerySet
from database.compiled_query import CompiledQuery
from departments.models import Department

logger = logging.getLogger(__name__)

MAX_MATCHES = 1000  # the newest rows with certain words in their title, however many there are
MAX_PAGE_NUMBER = 10**9  # the number of a page
UNPINNED_SQL = "(pinned_until IS NULL OR pinned_until <= %s)"


class CountedPaginator(Paginator):
    """Django's, for a listing whose length is known; it reads no rows. `are_more`: than were looked at."""

    def __init__(self, count: int, *, are_more: bool = False) -> None:
        super().__init__([], PAGE_SIZE)
        self.count, self.are_more = count, are_more

    def first_rank(self, number: str | int) -> int:
        """Rank, from 0, of the first row of a page. Raises PageNotAnInteger and EmptyPage."""
        return (self.validate_number(number) - 1) * self.per_page


class ListingPage(Page):
    """The placements of one page, and above them `pinned` ones, which stand on the first page alone."""

    def __init__(
        self, number: str | int, paginator: CountedPaginator, rows: list[Placement], pinned: list[Placement]
    ) -> None:
        super().__init__(rows, paginator.validate_number(number), paginator)
        self.pinned = pinned


def get_listing_page(department: Department, number: str, key_range: KeyRange | None = None) -> ListingPage:
    """A page of the whole listing, what is pinned first, or of a stretch of it with everything in its place.

    Two queries, of a stretch three; where something is pinned one more, and another after a change. Where the numbers
    of the segments are wrong, rows are missing or come twice; none is another than what was sealed
    (articles.listings.queries.intact_publications). Raises PageNotAnInteger and EmptyPage.
    """
    now = timezone.now()
    rank = CountedPaginator(MAX_PAGE_NUMBER * PAGE_SIZE).first_rank(number)
    position = locate_row(department.pk, rank, now, key_range)
    paginator = CountedPaginator(position.total)
    paginator.validate_number(number)
    if position.pending > counts.MIN_PENDING_PLACEMENTS:
        _apply_pending_counts(department)
    below = position.below or NEWEST_KEY
    if key_range:
        rows = _range_page_query.all(department.pk, now, *below, PAGE_SIZE, position.skip, *key_range.since)
    else:
        rows = _page_query.all(department.pk, now, *below, PAGE_SIZE, position.skip)
    rows_newest_first = sorted(rows, key=attrgetter("key"), reverse=True)
    pinned = []
    if position.pinned_count and rank == 0 and not key_range:
        pinned = recorded_pins(_pinned_placements(department, now), department, now)
    return ListingPage(number, paginator, rows_newest_first, pinned)


def _build_page_query(
    department: int, now: datetime, dated: datetime, article: int, size: int, skip: int, *since: datetime | int
) -> QuerySet[Placement]:
    """In any order. `since`: the key of the oldest row of a stretch; else what is pinned is left out."""
    further, more = ("(dated, article_id) >= (%s, %s)", since) if since else (UNPINNED_SQL, (now,))
    values = [department, now, now, dated, article, *more, size, skip]
    older = f"AND (dated, article_id) < (%s, %s) AND {further}"
    rows = union_of_ids([live_ids_sql(older, limit="LIMIT %s OFFSET %s")], values)
    return _live_placements(now).filter(pk__in=rows)


_page_query = CompiledQuery(_build_page_query, int, datetime, datetime, int, int, int)
_range_page_query = CompiledQuery(_build_page_query, int, datetime, datetime, int, int, int, datetime, int)


def _pinned_placements(department: Department, now: datetime) -> QuerySet[Placement]:
    return _live_placements(now).filter(department=department, pinned_until__gt=now).newest_first()


def get_matches_page(matching: QuerySet[Placement], number: str) -> ListingPage:
    """A page of the newest MAX_MATCHES of these placements, which come newest first. Two queries."""
    found = list(matching.values_list("pk", flat=True)[: MAX_MATCHES + 1])
    paginator = CountedPaginator(min(len(found), MAX_MATCHES), are_more=len(found) > MAX_MATCHES)
    rank = paginator.first_rank(number)
    wanted = found[:MAX_MATCHES][rank : rank + PAGE_SIZE]
    rows = _live_placements(timezone.now()).in_bulk(wanted)
    return ListingPage(number, paginator, [rows[pk] for pk in wanted if pk in rows], [])


def _live_placements(now: datetime) -> PlacementQuerySet:
    return Placement.objects.live(now).select_related("publication")


def _apply_pending_counts(department: Department) -> None:
    """On the way, by a reader who has made up for many; what fails here, another one does."""
    try:
        counts.apply_pending_counts(department.pk, at_least=counts.MIN_PENDING_PLACEMENTS)
        invalidate_offsets(department.pk)  # else every visitor of the next minute would settle it again
    except DatabaseError:
        logger.warning("the listing of %s could not be counted", department.slug, exc_info=True)
