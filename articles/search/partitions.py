"""Search partitions: the index divided by date, so that recent matches are found first.

Every token of a publication begins with the number of its partition. A search looks through the newest partition first
and goes on to older ones only while it has not found enough: one or two partitions answer a common word, a rare word
costs one look in each. No statistics about words are needed, and no table is divided. (Parts of an inverted index by
age, the older the larger: O'Neil et al., "The log-structured merge-tree", 1996.)

A publication belongs to the last partition whose `since` is not after its date. One that was added while the next
partition was being opened may stand in the older one; it is found there too, only later.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from articles.models import Publication, SearchPartition

PARTITION_SIZE = 2000  # publications of a partition that is being filled
PARTITIONS_PER_SIZE = 8  # so many partitions of one size, then as many of twice that
MAX_PARTITION_SIZE = 16_000  # publications; only words that the newer ones rarely have are looked for in such
FULL_CHECK_INTERVAL = 50  # publications between two looks whether the newest is full
OPENING_LEAD_TIME = timedelta(minutes=10)  # longer than the acts take that go on while a partition is opened
MIN_DATED, MAX_DATED = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
BASE36_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NUMBER_WIDTH = 3
FEED_LOCK_ID = 0x4275636B6574  # the advisory lock that feeding the index shares, on PostgreSQL
OPENING_LOCK_ID = FEED_LOCK_ID + 1


class Partition(NamedTuple):
    """Publications dated from `since` until just before `until`."""

    number: int
    since: datetime
    until: datetime


DEFAULT_PARTITION = Partition(0, MIN_DATED, MAX_DATED)


def encode_number(number: int) -> str:
    """As tokens have it."""
    base = len(BASE36_DIGITS)
    return "".join(BASE36_DIGITS[number // base**power % base] for power in reversed(range(NUMBER_WIDTH)))


def layouts() -> list[list[Partition]]:
    """The partitions from the oldest on; a layout is a list. The last layout is the one that is fed. One query."""
    found: dict[int, list[tuple[int, datetime]]] = {}
    rows = SearchPartition.objects.order_by("layout", "since").values_list("layout", "number", "since")
    for layout, *partition in rows:
        found.setdefault(layout, []).append(tuple(partition))
    return [_build_layout(partitions) for partitions in found.values()] or [[DEFAULT_PARTITION]]


def _build_layout(partitions: list[tuple[int, datetime]]) -> list[Partition]:
    ends = [since for _number, since in partitions[1:]] + [MAX_DATED]
    return [Partition(*partition, until) for partition, until in zip(partitions, ends, strict=True)]


def partitions_newest_first(all_layouts: list[list[Partition]] | None = None) -> list[Partition]:
    """All partitions, of whatever layout, so that none that follows holds anything newer than `until` of the next."""
    all_layouts = layouts() if all_layouts is None else all_layouts
    return sorted(
        (partition for layout in all_layouts for partition in layout),
        key=lambda partition: partition.until,
        reverse=True,
    )


def lock_current_layout() -> list[Partition]:
    """The layout that new rows belong to, which stays the one until the end of the caller's transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [FEED_LOCK_ID])
    return layouts()[-1]


def number_for_date(dated: datetime, partitions: Sequence[Partition]) -> int:
    """The number of the one partition of a layout that the date falls into."""
    return partitions[max(0, bisect_right(partitions, dated, key=lambda one: one.since) - 1)].number


# Opening the next one.


def is_full_check_due(publication: Publication) -> bool:
    """Whether it is the turn of this publication to look if the newest partition is full."""
    return publication.pk % FULL_CHECK_INTERVAL == 0


@transaction.atomic
def open_next_if_full(now: datetime) -> None:
    """Opens a partition when the newest is full.

    It begins a little ahead, so that whatever is being published just now belongs into the one before. Nobody waits:
    who comes second leaves it to the first.
    """
    newest = layouts()[-1][-1]
    if newest.since > now:
        return
    begun = Publication.objects.filter(dated__gte=newest.since, dated__lt=now).newest_first()
    # Asked again once nobody else can be opening one: somebody may just have done so.
    if (
        len(begun.values_list("pk")[:PARTITION_SIZE]) == PARTITION_SIZE
        and _try_opening_lock()
        and layouts()[-1][-1] == newest
    ):
        add_partitions([now + OPENING_LEAD_TIME])


def _try_opening_lock() -> bool:
    if connection.vendor == "sqlite":  # where only one writes at a time
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [OPENING_LOCK_ID])
        return cursor.fetchone()[0]


def add_partitions(since: Iterable[datetime]) -> None:
    """Further partitions of the layout that is fed, for dates that nothing has yet."""
    _ensure_default_row()
    layout = SearchPartition.objects.order_by("-layout").values_list("layout", flat=True)[0]
    _create_partitions(layout, since)


def _ensure_default_row() -> None:
    if not SearchPartition.objects.exists():
        first = SearchPartition(number=DEFAULT_PARTITION.number, layout=0, since=DEFAULT_PARTITION.since)
        SearchPartition.objects.bulk_create([first], ignore_conflicts=True)


def _create_partitions(layout: int, since: Iterable[datetime]) -> None:
    """Under numbers that are free: a publication that is in the way of none keeps its own."""
    taken = set(SearchPartition.objects.values_list("number", flat=True))
    free = (number for number in range(len(BASE36_DIGITS) ** NUMBER_WIDTH) if number not in taken)
    SearchPartition.objects.bulk_create(
        SearchPartition(number=number, layout=layout, since=moment) for moment, number in zip(since, free, strict=False)
    )


# Spreading them anew.


def partition_sizes(publications: int) -> list[int]:
    """How many publications go into each partition, from the newest on: the older, the larger."""
    found: list[int] = []
    while publications > 0:
        found.append(_partition_size(len(found)))
        publications -= found[-1]
    return found


def _partition_size(newer: int) -> int:
    """Of a partition with so many newer ones."""
    return min(PARTITION_SIZE * 2 ** (newer // PARTITIONS_PER_SIZE), MAX_PARTITION_SIZE)


def rebalance(publications: QuerySet[Publication]) -> None:
    """Begins a new layout for these; none where the present one will do, or where an earlier run has begun one."""
    current = layouts()
    if len(current) > 1 or _is_balanced(current[0], publications):
        return
    starts = _partition_starts(publications)
    with transaction.atomic():
        _ensure_default_row()
        layout = SearchPartition.objects.order_by("-layout").values_list("layout", flat=True)[0]
        _create_partitions(layout + 1, starts)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Whoever feeds the old layout still is waited for; all others see the new one.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK_ID])


def _partition_starts(publications: QuerySet[Publication]) -> list[datetime]:
    """Where partitions of the wanted sizes begin, from the oldest on."""
    ranks = list(accumulate(partition_sizes(publications.count())))[:-1]
    numbered = publications.annotate(place=Window(RowNumber(), order_by=F("dated").desc()))
    dates = numbered.filter(place__in=ranks).values_list("dated", flat=True)
    return [MIN_DATED, *sorted(set(dates))]


def _is_balanced(partitions: list[Partition], publications: QuerySet[Publication]) -> bool:
    """Whether none is more than twice as large as it should be, and there are not many more than needed."""
    newer = 0
    for partition in reversed(partitions):
        within = publications.filter(dated__gte=partition.since, dated__lt=partition.until).count()
        if within > 2 * _partition_size(len(partition_sizes(newer))):
            return False
        newer += within
    return len(partitions) <= 2 * len(partition_sizes(newer)) + PARTITIONS_PER_SIZE


def delete_old_layouts() -> None:
    """Forgets all layouts but the newest, once everything stands in that."""
    newest = SearchPartition.objects.order_by("-layout").values("layout")[:1]
    SearchPartition.objects.exclude(layout__in=newest).delete()
