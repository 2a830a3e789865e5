"""Row counts of listings, kept in segments so that no page runs COUNT.

Publishing counts nothing and waits for no lock: new placements are PENDING, ended ones stay COUNTED. Readers correct
for these pending placements (articles.listings.pagination), so that every number is right at every moment, also when a
publication begins or ends on schedule. `apply_pending_counts` moves pending placements into the segments from time to
time; it may fail, run twice or never run.

Code that changes what is counted holds the department's lock (its oldest segment). `apply_pending_counts` never waits:
it skips rows that another transaction has locked. `delete_placements` is part of an act and takes the lock before it
touches a row. So a holder of the lock waits for nothing but the ledger's lock, which comes last.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import Greatest, Mod, Rank
from django.utils import timezone

from articles.models import CountState, ListingSegment, Placement
from articles.models.placement import NEWEST_KEY, OLDEST_KEY, ListingKey, count_state_condition
from articles.models.publication import live_condition
from database.datetimes import adapt_param
from departments.models import Department

MAX_SEGMENT_PLACEMENTS = 1000  # placements that a segment counts; a page passes by about as many rows at most
TARGET_SEGMENT_PLACEMENTS = 500  # placements in a segment that was cut off
MAX_BATCH_PLACEMENTS = 1000  # placements that are settled in one transaction
MIN_PENDING_PLACEMENTS = 50  # unsettled placements that are worth a transaction; readers are quick to make up for fewer


class CountConflict(Exception):
    """Somebody else counted a placement first, in spite of the lock; nothing was changed."""


def apply_pending_counts_on_commit(departments: Iterable[int]) -> None:
    """Settles after the caller's transaction where there is much to do. What fails is logged, and changes nothing."""
    for department in departments:
        transaction.on_commit(partial(apply_pending_counts, department, at_least=MIN_PENDING_PLACEMENTS), robust=True)


def apply_pending_counts(department: int, *, at_least: int = 1) -> int:
    """Counts what has begun and discounts what is over; returns how many placements. Two queries when there is nothing.

    `at_least`: fewer than so many wait. Does nothing either where somebody else is at it.
    """
    if _pending_count(department, at_least) < at_least:
        return 0
    with transaction.atomic():
        return _apply_pending_counts(department) if _lock_listing(department, wait=False) else 0


def delete_placements(placements: list[Placement]) -> None:
    """Deletes placements, and discounts those that were counted. Call it in an act's transaction, before anything that
    changes a placement."""
    for department in sorted({placement.department_id for placement in placements}):
        _lock_listing(department)
        here = Placement.objects.filter(pk__in=[one.pk for one in placements if one.department_id == department])
        changes: Counter[ListingKey] = Counter()
        changes.subtract(row.key for row in here.select_for_update() if row.count_state == CountState.COUNTED)
        here.delete()
        _apply_changes(department, changes)


def recount(department: int) -> int:
    """Count the listing from its rows, ignoring its segments. Return the number of placements. Idempotent."""
    with transaction.atomic():
        _lock_listing(department)
        now, rows = timezone.now(), Placement.objects.filter(department=department)
        rows.filter(live_condition(now)).exclude(count_state=CountState.COUNTED).update(count_state=CountState.COUNTED)
        rows.filter(live_until__lte=now).exclude(count_state=None).update(count_state=None)
        begun_later = rows.filter(live_from__gt=now).exclude(live_until__lte=now)
        begun_later.exclude(count_state=CountState.PENDING).update(count_state=CountState.PENDING)
        counted = rows.filter(count_state_condition(CountState.COUNTED))
        total = counted.count()
        segments = ListingSegment.objects.filter(department=department)
        segments.exclude(since_dated=OLDEST_KEY.dated, since_article=OLDEST_KEY.article).delete()
        _write_segments(department, OLDEST_KEY, total, _split_points(counted))
    return total


class WrongSegment(NamedTuple):
    """A segment (its id), the department's id, the number that it says and the number of placements that it has."""

    pk: int
    department: int
    recorded_count: int
    actual_count: int


# Each segment is counted by its range of the index.
WRONG_SEGMENTS_SQL = """
SELECT id, department_id, placement_count, has FROM (
    SELECT id, department_id, placement_count, (
        SELECT COUNT(*) FROM articles_placement
        WHERE articles_placement.department_id = segment.department_id AND count_state IS NOT NULL AND count_state = 1
            AND (dated, article_id) >= (since_dated, since_article)
            AND (dated, article_id) < (COALESCE(until_dated, %s), COALESCE(until_article, 0))
    ) AS has
    FROM (
        SELECT id, department_id, placement_count, since_dated, since_article,
            LEAD(since_dated) OVER stretch AS until_dated, LEAD(since_article) OVER stretch AS until_article
        FROM articles_listingsegment
        WINDOW stretch AS (PARTITION BY department_id ORDER BY since_dated, since_article)
    ) segment
) counted
WHERE placement_count <> has
ORDER BY id
"""


def wrong_segments() -> Iterator[WrongSegment]:
    """The segments whose number is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG_SEGMENTS_SQL, [adapt_param(NEWEST_KEY.dated)])
        yield from map(WrongSegment._make, cursor)


def departments_without_segments() -> list[int]:
    """Departments whose listing counts rows and has no segment for the oldest."""
    oldest = ListingSegment.objects.filter(since_dated=OLDEST_KEY.dated, since_article=OLDEST_KEY.article)
    rows = Placement.objects.filter(count_state_condition(CountState.COUNTED), department=OuterRef("pk"))
    found = Department.objects.filter(Exists(rows)).exclude(pk__in=oldest.values("department"))
    return list(found.order_by("pk").values_list("pk", flat=True))


def _pending_count(department: int, limit: int) -> int:
    now = timezone.now()
    return sum(len(rows.values_list("pk")[:limit]) for rows in _pending_placements(department, now))


def _pending_placements(department: int, now: datetime) -> tuple:
    """(not counted yet and begun, counted and over)."""
    rows = Placement.objects.filter(department=department)
    begun = rows.filter(count_state_condition(CountState.PENDING), live_from__lte=now)
    return begun, rows.filter(count_state_condition(CountState.COUNTED), live_until__lte=now)


def _lock_listing(department: int, *, wait: bool = True) -> bool:
    """Locks the oldest segment of the department until the transaction ends; False where somebody else has it.

    On SQLite a transaction is alone anyway.
    """
    oldest = {"since_dated": OLDEST_KEY.dated, "since_article": OLDEST_KEY.article}
    found = ListingSegment.objects.filter(department=department, **oldest)
    if not found.exists():
        ListingSegment.objects.bulk_create([ListingSegment(department_id=department, **oldest)], ignore_conflicts=True)
    return found.select_for_update(no_key=True, skip_locked=not wait).first() is not None


def _apply_pending_counts(department: int) -> int:
    started, ended_rows = (
        list(rows.select_for_update(skip_locked=True)[:MAX_BATCH_PLACEMENTS])
        for rows in _pending_placements(department, timezone.now())
    )
    now = timezone.now()
    ended = [row for row in started if row.live_until is not None and row.live_until <= now]
    live_now = [row for row in started if row.live_until is None or row.live_until > now]
    _set_count_state(live_now, CountState.PENDING, CountState.COUNTED)
    _set_count_state(ended, CountState.PENDING, None)
    _set_count_state(ended_rows, CountState.COUNTED, None)
    changes = Counter(row.key for row in live_now)
    changes.subtract(row.key for row in ended_rows)
    _apply_changes(department, changes)
    return len(started) + len(ended_rows)


def _set_count_state(rows: list[Placement], was: CountState, becomes: CountState | None) -> None:
    marked = Placement.objects.filter(pk__in=[row.pk for row in rows], count_state=was).update(count_state=becomes)
    if marked != len(rows):
        raise CountConflict


def _apply_changes(department: int, changes: Counter[ListingKey]) -> None:
    """Applies changes by key to the segments, and cuts those that grew too long. Holds the lock."""
    segments = list(ListingSegment.objects.filter(department=department).order_by("since_dated", "since_article"))
    begins = [segment.start_key for segment in segments]
    sums: Counter[int] = Counter()
    for key, change in changes.items():
        sums[bisect_right(begins, key) - 1] += change
    for index, change in sums.items():
        # A number that was wrong before must not keep an act from happening; `verify` names it.
        changed = Greatest(F("placement_count") + change, 0)
        ListingSegment.objects.filter(pk=segments[index].pk).update(placement_count=changed)
        if segments[index].placement_count + change > MAX_SEGMENT_PLACEMENTS:
            _split_segment(
                department, segments[index].start_key, begins[index + 1] if index + 1 < len(begins) else None
            )


def _split_segment(department: int, since: ListingKey, until: ListingKey | None) -> None:
    """Cuts a segment into some of TARGET_SEGMENT_PLACEMENTS placements; the newest one gets the rest."""
    rows = Placement.objects.filter(count_state_condition(CountState.COUNTED), department=department).from_key(since)
    if until is not None:
        rows = rows.before_key(until)
    keys = [ListingKey(*row) for row in rows.order_by("dated", "article_id").values_list("dated", "article_id")]
    offsets = (bisect_left(keys, keys[offset]) for offset in range(0, len(keys), TARGET_SEGMENT_PLACEMENTS))
    _write_segments(department, since, len(keys), ((offset, keys[offset]) for offset in offsets))


def _split_points(counted) -> Iterator[tuple[int, ListingKey]]:
    """Return (number of older rows, key) of every TARGET_SEGMENT_PLACEMENTS-th row; the database walks the others."""
    order = [F("dated").asc(), F("article_id").asc()]
    placed = counted.annotate(place=Window(Rank(), order_by=order) - 1)
    cuts = (
        placed.annotate(rest=Mod(F("place"), TARGET_SEGMENT_PLACEMENTS)).filter(rest=0).order_by("dated", "article_id")
    )
    for place, *key in cuts.values_list("place", "dated", "article_id").iterator():
        yield place, ListingKey(*key)


def _write_segments(
    department: int, since: ListingKey, total: int, split_points: Iterable[tuple[int, ListingKey]]
) -> None:
    """Divides a segment that begins at `since` and has `total` placements. `cuts`: (how many are older in it, key)."""
    splits = [*dict(split_points).items()][1:]  # the first part stays what it is
    end_offsets = [offset for offset, _key in splits] + [total]
    ListingSegment.objects.filter(department=department, since_dated=since.dated, since_article=since.article).update(
        placement_count=end_offsets[0]
    )
    ListingSegment.objects.bulk_create(
        [
            ListingSegment(
                department_id=department, since_dated=key.dated, since_article=key.article, placement_count=end - offset
            )
            for (offset, key), end in zip(splits, end_offsets[1:], strict=True)
        ],
        batch_size=MAX_BATCH_PLACEMENTS,
    )
