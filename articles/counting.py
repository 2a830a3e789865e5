"""How many rows a listing has, kept in segments so that no page has to count them.

An act of publishing counts nothing and waits for nobody: its placements are AHEAD, and what it ends stays COUNTED.
Readers make up for what is unsettled (articles.walking), so that every number is right at every moment, also when
something begins or ends on time while nothing runs. `settle` moves the unsettled into the segments now and then; it
may fail, come twice or never.

Whoever changes what is counted holds the department's lock (its oldest segment). A settler waits for nobody: rows
that an act has in hand are left for another time. `remove`, which is part of an act, takes the lock before it touches
a row. So nobody who holds it waits for anybody but the ledger's lock, which is the last.
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

from articles.models import ListingSegment, Placement, Standing
from articles.models.placement import BEGINNING, END, Key, is_standing
from articles.models.publication import live
from departments.models import Department

MOST = 1000  # placements that a segment counts; a page passes by about as many rows at most
FILLED = 500  # placements in a segment that was cut off
TOGETHER = 1000  # placements that are settled in one transaction
MANY = 50  # unsettled placements that are worth a transaction; readers are quick to make up for fewer


class Overtaken(Exception):
    """Somebody else counted a placement first, in spite of the lock; nothing was changed."""


def settle_once_committed(departments: Iterable[int]) -> None:
    """Settles after the caller's transaction where there is much to do. What fails is logged, and changes nothing."""
    for department in departments:
        transaction.on_commit(partial(settle, department, at_least=MANY), robust=True)


def settle(department: int, *, at_least: int = 1) -> int:
    """Counts what has begun and discounts what is over; returns how many placements. Two queries when there is nothing.

    `at_least`: fewer than so many wait. Does nothing either where somebody else is at it.
    """
    if _how_many_unsettled(department, at_least) < at_least:
        return 0
    with transaction.atomic():
        return _settle(department) if _lock(department, wait=False) else 0


def remove(placements: list[Placement]) -> None:
    """Deletes placements, and discounts those that were counted. Call it in an act's transaction, before anything that
    changes a placement."""
    for department in sorted({placement.department_id for placement in placements}):
        _lock(department)
        here = Placement.objects.filter(pk__in=[one.pk for one in placements if one.department_id == department])
        changes: Counter[Key] = Counter()
        changes.subtract(row.key for row in here.select_for_update() if row.standing == Standing.COUNTED)
        here.delete()
        _change(department, changes)


def recount(department: int) -> int:
    """Counts the department's listing anew, whatever its segments say; returns how many placements. Again and again
    gives the same."""
    with transaction.atomic():
        _lock(department)
        now, rows = timezone.now(), Placement.objects.filter(department=department)
        rows.filter(live(now)).exclude(standing=Standing.COUNTED).update(standing=Standing.COUNTED)
        rows.filter(live_until__lte=now).exclude(standing=None).update(standing=None)
        begun_later = rows.filter(live_from__gt=now).exclude(live_until__lte=now)
        begun_later.exclude(standing=Standing.AHEAD).update(standing=Standing.AHEAD)
        counted = rows.filter(is_standing(Standing.COUNTED))
        total = counted.count()
        segments = ListingSegment.objects.filter(department=department)
        segments.exclude(since_dated=BEGINNING.dated, since_article=BEGINNING.article).delete()
        _cut(department, BEGINNING, total, _every_so_many(counted))
    return total


class Wrong(NamedTuple):
    """A segment (its id), the department's id, the number that it says and the number of placements that it has."""

    pk: int
    department: int
    said: int
    has: int


# Each segment is counted by its range of the index.
WRONG = """
SELECT id, department_id, members, has FROM (
    SELECT id, department_id, members, (
        SELECT COUNT(*) FROM articles_placement
        WHERE articles_placement.department_id = segment.department_id AND standing IS NOT NULL AND standing = 1
            AND (dated, article_id) >= (since_dated, since_article)
            AND (dated, article_id) < (COALESCE(until_dated, %s), COALESCE(until_article, 0))
    ) AS has
    FROM (
        SELECT id, department_id, members, since_dated, since_article,
            LEAD(since_dated) OVER stretch AS until_dated, LEAD(since_article) OVER stretch AS until_article
        FROM articles_listingsegment
        WINDOW stretch AS (PARTITION BY department_id ORDER BY since_dated, since_article)
    ) segment
) counted
WHERE members <> has
ORDER BY id
"""


def wrong_segments() -> Iterator[Wrong]:
    """The segments whose number is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG, [connection.ops.adapt_datetimefield_value(END.dated)])
        yield from map(Wrong._make, cursor)


def unsegmented() -> list[int]:
    """Departments whose listing counts rows and has no segment for the oldest."""
    oldest = ListingSegment.objects.filter(since_dated=BEGINNING.dated, since_article=BEGINNING.article)
    rows = Placement.objects.filter(is_standing(Standing.COUNTED), department=OuterRef("pk"))
    found = Department.objects.filter(Exists(rows)).exclude(pk__in=oldest.values("department"))
    return list(found.order_by("pk").values_list("pk", flat=True))


def _how_many_unsettled(department: int, most: int) -> int:
    now = timezone.now()
    return sum(len(rows.values_list("pk")[:most]) for rows in _unsettled(department, now))


def _unsettled(department: int, now: datetime) -> tuple:
    """(not counted yet and begun, counted and over)."""
    rows = Placement.objects.filter(department=department)
    begun = rows.filter(is_standing(Standing.AHEAD), live_from__lte=now)
    return begun, rows.filter(is_standing(Standing.COUNTED), live_until__lte=now)


def _lock(department: int, *, wait: bool = True) -> bool:
    """Locks the oldest segment of the department until the transaction ends; False where somebody else has it.

    On SQLite a transaction is alone anyway.
    """
    oldest = {"since_dated": BEGINNING.dated, "since_article": BEGINNING.article}
    found = ListingSegment.objects.filter(department=department, **oldest)
    if not found.exists():
        ListingSegment.objects.bulk_create([ListingSegment(department_id=department, **oldest)], ignore_conflicts=True)
    return found.select_for_update(no_key=True, skip_locked=not wait).first() is not None


def _settle(department: int) -> int:
    begun, over = (
        list(rows.select_for_update(skip_locked=True)[:TOGETHER]) for rows in _unsettled(department, timezone.now())
    )
    now = timezone.now()
    ended = [row for row in begun if row.live_until is not None and row.live_until <= now]
    live_now = [row for row in begun if row.live_until is None or row.live_until > now]
    _mark(live_now, Standing.AHEAD, Standing.COUNTED)
    _mark(ended, Standing.AHEAD, None)
    _mark(over, Standing.COUNTED, None)
    changes = Counter(row.key for row in live_now)
    changes.subtract(row.key for row in over)
    _change(department, changes)
    return len(begun) + len(over)


def _mark(rows: list[Placement], was: Standing, becomes: Standing | None) -> None:
    marked = Placement.objects.filter(pk__in=[row.pk for row in rows], standing=was).update(standing=becomes)
    if marked != len(rows):
        raise Overtaken


def _change(department: int, changes: Counter[Key]) -> None:
    """Applies changes by key to the segments, and cuts those that grew too long. Holds the lock."""
    segments = list(ListingSegment.objects.filter(department=department).order_by("since_dated", "since_article"))
    begins = [segment.since for segment in segments]
    sums: Counter[int] = Counter()
    for key, change in changes.items():
        sums[bisect_right(begins, key) - 1] += change
    for index, change in sums.items():
        # A number that was wrong before must not keep an act from happening; `verify` names it.
        changed = Greatest(F("members") + change, 0)
        ListingSegment.objects.filter(pk=segments[index].pk).update(members=changed)
        if segments[index].members + change > MOST:
            _shorten(department, segments[index].since, begins[index + 1] if index + 1 < len(begins) else None)


def _shorten(department: int, since: Key, until: Key | None) -> None:
    """Cuts a segment into some of FILLED placements; the newest one gets the rest."""
    rows = Placement.objects.filter(is_standing(Standing.COUNTED), department=department).since(since)
    if until is not None:
        rows = rows.older_than(until)
    keys = [Key(*row) for row in rows.order_by("dated", "article_id").values_list("dated", "article_id")]
    places = (bisect_left(keys, keys[place]) for place in range(0, len(keys), FILLED))
    _cut(department, since, len(keys), ((place, keys[place]) for place in places))


def _every_so_many(counted) -> Iterator[tuple[int, Key]]:
    """(how many are older, key) of every FILLED-th row. The database goes through them; few come here."""
    order = [F("dated").asc(), F("article_id").asc()]
    placed = counted.annotate(place=Window(Rank(), order_by=order) - 1)
    cuts = placed.annotate(rest=Mod(F("place"), FILLED)).filter(rest=0).order_by("dated", "article_id")
    for place, *key in cuts.values_list("place", "dated", "article_id").iterator():
        yield place, Key(*key)


def _cut(department: int, since: Key, total: int, cuts: Iterable[tuple[int, Key]]) -> None:
    """Divides a segment that begins at `since` and has `total` placements. `cuts`: (how many are older in it, key)."""
    places = [*dict(cuts).items()][1:]  # the first part stays what it is
    ends = [place for place, _key in places] + [total]
    ListingSegment.objects.filter(department=department, since_dated=since.dated, since_article=since.article).update(
        members=ends[0]
    )
    ListingSegment.objects.bulk_create(
        [
            ListingSegment(
                department_id=department, since_dated=key.dated, since_article=key.article, members=end - place
            )
            for (place, key), end in zip(places, ends[1:], strict=True)
        ],
        batch_size=TOGETHER,
    )
