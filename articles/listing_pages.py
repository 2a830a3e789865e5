"""Pages of a department's listing, each at the same cost however deep it lies and however long the listing is."""

import logging
from datetime import datetime
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from articles import counting
from articles.listing import PAGE_SIZE
from articles.models import Placement
from articles.models.placement import PlacementQuerySet
from articles.walking import Stretch, walk
from departments.models import Department

logger = logging.getLogger(__name__)

LOOKED_AT = 1000  # the newest rows with certain words in their title, however many there are
FARTHEST = 10**9  # the number of a page


class Counted(Paginator):
    """Django's, for a listing whose length is known; it reads no rows. `are_more`: than were looked at."""

    def __init__(self, count: int, *, are_more: bool = False) -> None:
        super().__init__([], PAGE_SIZE)
        self.count, self.are_more = count, are_more

    def first_rank(self, number: str | int) -> int:
        """Rank, from 0, of the first row of a page. Raises PageNotAnInteger and EmptyPage."""
        return (self.validate_number(number) - 1) * self.per_page


class ListingPage(Page):
    """The placements of one page, and above them `pinned` ones, which stand on the first page alone."""

    def __init__(self, number: str | int, paginator: Counted, rows: list[Placement], pinned: list[Placement]) -> None:
        super().__init__(rows, paginator.validate_number(number), paginator)
        self.pinned = pinned


class _Rows(NamedTuple):
    pinned: list[Placement]
    others: list[Placement]


def page_of(department: Department, number: str, within: Stretch | None = None) -> ListingPage:
    """A page of the whole listing, what is pinned first, or of a stretch of it with everything in its place.

    Two queries, of a stretch three. Where the numbers of the segments are wrong, rows are missing or come twice; none
    is another than what was sealed (articles.listing.shown). Raises PageNotAnInteger and EmptyPage.
    """
    now = timezone.now()
    rank = Counted(FARTHEST * PAGE_SIZE).first_rank(number)
    found = walk(department.pk, rank, now, within)
    paginator = Counted(found.count)
    paginator.validate_number(number)
    if found.unsettled > counting.MANY:
        _settle(department)
    rows = Placement.objects.listed(now).filter(department=department)
    wanted = rows if within else rows.unpinned(now)
    if found.below is not None:
        wanted = wanted.older_than(found.below)
    if within:
        wanted = wanted.since(within.since)
    pins_to_show = rows.filter(pinned_until__gt=now) if found.pinned and rank == 0 and not within else None
    read = _read(wanted.newest_first()[found.skip : found.skip + PAGE_SIZE], pins_to_show, now)
    return ListingPage(number, paginator, read.others, read.pinned)


def page_of_matches(matching: QuerySet[Placement], number: str) -> ListingPage:
    """A page of the newest LOOKED_AT of these placements, which come newest first. Two queries."""
    found = list(matching.values_list("pk", flat=True)[: LOOKED_AT + 1])
    paginator = Counted(min(len(found), LOOKED_AT), are_more=len(found) > LOOKED_AT)
    rank = paginator.first_rank(number)
    wanted = found[:LOOKED_AT][rank : rank + PAGE_SIZE]
    rows = _rows(timezone.now()).in_bulk(wanted)
    return ListingPage(number, paginator, [rows[pk] for pk in wanted if pk in rows], [])


def _rows(now: datetime) -> PlacementQuerySet:
    return Placement.objects.live(now).select_related("publication__department")


def _read(page: QuerySet[Placement], pinned: QuerySet[Placement] | None, now: datetime) -> _Rows:
    """The rows of a page and of what is pinned, in one query. The page itself is read from the index alone."""
    rows = _rows(now).filter(pk__in=page.values("pk"))
    if pinned is not None:
        # Not one condition with OR: PostgreSQL would read the table.
        rows = rows.union(_rows(now).filter(pk__in=pinned.values("pk")), all=True)
    found = _Rows([], [])
    for row in sorted(rows, key=lambda row: row.key, reverse=True):
        is_pinned = pinned is not None and row.pinned_until is not None and row.pinned_until > now
        (found.pinned if is_pinned else found.others).append(row)
    return found


def _settle(department: Department) -> None:
    """On the way, by a reader who has made up for many; what fails here, another one does."""
    try:
        counting.settle(department.pk, at_least=counting.MANY)
    except DatabaseError:
        logger.warning("the listing of %s could not be counted", department.slug, exc_info=True)
