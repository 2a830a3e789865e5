"""Pages of a department's listing, each at the same cost however deep it lies and however long the listing is."""

import logging
from datetime import datetime
from operator import attrgetter

from django.core.paginator import Page, Paginator
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from articles import counting
from articles.listing import PAGE_SIZE, numbered, picked
from articles.models import Placement
from articles.models.placement import END, PlacementQuerySet
from articles.prepared import Prepared
from articles.walking import Stretch, forget, walk
from departments.models import Department

logger = logging.getLogger(__name__)

LOOKED_AT = 1000  # the newest rows with certain words in their title, however many there are
FARTHEST = 10**9  # the number of a page
UNPINNED = "(pinned_until IS NULL OR pinned_until <= %s)"


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


def page_of(department: Department, number: str, within: Stretch | None = None) -> ListingPage:
    """A page of the whole listing, what is pinned first, or of a stretch of it with everything in its place.

    Two queries, of a stretch three, and one more where something is pinned. Where the numbers of the segments are
    wrong, rows are missing or come twice; none is another than what was sealed (articles.listing.shown). Raises
    PageNotAnInteger and EmptyPage.
    """
    now = timezone.now()
    rank = Counted(FARTHEST * PAGE_SIZE).first_rank(number)
    found = walk(department.pk, rank, now, within)
    paginator = Counted(found.count)
    paginator.validate_number(number)
    if found.unsettled > counting.MANY:
        _settle(department)
    below = found.below or END
    if within:
        rows = _stretch.all(department.pk, now, *below, PAGE_SIZE, found.skip, *within.since)
    else:
        rows = _page.all(department.pk, now, *below, PAGE_SIZE, found.skip)
    read = sorted(rows, key=attrgetter("key"), reverse=True)
    pinned = list(_pinned(department, now)) if found.pinned and rank == 0 and not within else []
    return ListingPage(number, paginator, read, pinned)


def _of_page(
    department: int, now: datetime, dated: datetime, article: int, size: int, skip: int, *since: datetime | int
) -> QuerySet[Placement]:
    """In any order. `since`: the key of the oldest row of a stretch; else what is pinned is left out."""
    further, more = ("(dated, article_id) >= (%s, %s)", since) if since else (UNPINNED, (now,))
    values = [department, now, now, dated, article, *more, size, skip]
    older = f"AND (dated, article_id) < (%s, %s) AND {further}"
    rows = numbered([picked(older, limit="LIMIT %s OFFSET %s")], values)
    return _rows(now).filter(pk__in=rows)


_page = Prepared(_of_page, int, datetime, datetime, int, int, int)
_stretch = Prepared(_of_page, int, datetime, datetime, int, int, int, datetime, int)


def _pinned(department: Department, now: datetime) -> QuerySet[Placement]:
    return _rows(now).filter(department=department, pinned_until__gt=now).newest_first()


def page_of_matches(matching: QuerySet[Placement], number: str) -> ListingPage:
    """A page of the newest LOOKED_AT of these placements, which come newest first. Two queries."""
    found = list(matching.values_list("pk", flat=True)[: LOOKED_AT + 1])
    paginator = Counted(min(len(found), LOOKED_AT), are_more=len(found) > LOOKED_AT)
    rank = paginator.first_rank(number)
    wanted = found[:LOOKED_AT][rank : rank + PAGE_SIZE]
    rows = _rows(timezone.now()).in_bulk(wanted)
    return ListingPage(number, paginator, [rows[pk] for pk in wanted if pk in rows], [])


def _rows(now: datetime) -> PlacementQuerySet:
    return Placement.objects.live(now).select_related("publication")


def _settle(department: Department) -> None:
    """On the way, by a reader who has made up for many; what fails here, another one does."""
    try:
        counting.settle(department.pk, at_least=counting.MANY)
        forget(department.pk)  # else every visitor of the next minute would settle it again
    except DatabaseError:
        logger.warning("the listing of %s could not be counted", department.slug, exc_info=True)
