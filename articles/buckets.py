"""Buckets: one index that behaves as if it were many, of some thousand publications each, in the order of their dates.

The number of its bucket begins every token of a publication. A search then looks through the newest bucket first and
goes on to older ones only while it has not found enough: a common word is answered out of one or two of them, a rare
one costs a look for each bucket. Nothing else has to be known about words beforehand, and no table is divided. (Parts
of an inverted index by age, the older the larger: O'Neil et al., "The log-structured merge-tree", 1996.)

Which bucket: the last one whose `since` is not after the date. A publication that stands in an older one, as one may
that was put in just while the next was opened, is found there all the same, only later.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from articles.models import Publication, SearchBucket

SIZE = 2000  # publications of a bucket that is being filled
ALIKE = 8  # so many buckets of one size, then as many of twice that
LARGEST = 16_000  # publications; only words that the newer ones rarely have are looked for in such
LOOKED_AT_EVERY = 50  # publications between two looks whether the newest is full
AHEAD = timedelta(minutes=10)  # longer than the acts take that go on while a bucket is opened
BEGINNING, END = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
FIGURES = 3
LOCK = 0x4275636B6574  # "Bucket": the advisory lock that feeding the index shares, on PostgreSQL
OPENING = LOCK + 1


class Bucket(NamedTuple):
    """Publications dated from `since` until just before `until`."""

    number: int
    since: datetime
    until: datetime


FIRST = Bucket(0, BEGINNING, END)


def spelled(number: int) -> str:
    """As tokens have it."""
    base = len(DIGITS)
    return "".join(DIGITS[number // base**place % base] for place in reversed(range(FIGURES)))


def layouts() -> list[list[Bucket]]:
    """The buckets from the oldest on; a layout is a list. The last layout is the one that is fed. One query."""
    found: dict[int, list[tuple[int, datetime]]] = {}
    rows = SearchBucket.objects.order_by("layout", "since").values_list("layout", "number", "since")
    for layout, *bucket in rows:
        found.setdefault(layout, []).append(tuple(bucket))
    return [_with_ends(buckets) for buckets in found.values()] or [[FIRST]]


def _with_ends(buckets: list[tuple[int, datetime]]) -> list[Bucket]:
    ends = [since for _number, since in buckets[1:]] + [END]
    return [Bucket(*bucket, until) for bucket, until in zip(buckets, ends, strict=True)]


def newest_first(them: list[list[Bucket]] | None = None) -> list[Bucket]:
    """All buckets, of whatever layout, so that none that follows holds anything newer than `until` of the next."""
    them = layouts() if them is None else them
    return sorted((bucket for layout in them for bucket in layout), key=lambda one: one.until, reverse=True)


def to_feed() -> list[Bucket]:
    """The layout that new rows belong to, which stays the one until the end of the caller's transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
    return layouts()[-1]


def of(dated: datetime, buckets: Sequence[Bucket]) -> int:
    """The number of the one bucket of a layout that the date falls into."""
    return buckets[max(0, bisect_right(buckets, dated, key=lambda one: one.since) - 1)].number


# Opening the next one.


def is_to_look(publication: Publication) -> bool:
    """Whether it is the turn of this publication to look if the newest bucket is full."""
    return publication.pk % LOOKED_AT_EVERY == 0


@transaction.atomic
def open_next(now: datetime) -> None:
    """Opens a bucket when the newest is full.

    It begins a little ahead, so that whatever is being published just now belongs into the one before. Nobody waits:
    who comes second leaves it to the first.
    """
    newest = layouts()[-1][-1]
    if newest.since > now:
        return
    begun = Publication.objects.filter(dated__gte=newest.since, dated__lt=now).order_by("-dated", "-article_id")
    # Asked again once nobody else can be opening one: somebody may just have done so.
    if len(begun.values_list("pk")[:SIZE]) == SIZE and _is_first() and layouts()[-1][-1] == newest:
        add([now + AHEAD])


def _is_first() -> bool:
    if connection.vendor == "sqlite":  # where only one writes at a time
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [OPENING])
        return cursor.fetchone()[0]


def add(since: Iterable[datetime]) -> None:
    """Further buckets of the layout that is fed, for dates that nothing has yet."""
    _keep_first()
    layout = SearchBucket.objects.order_by("-layout").values_list("layout", flat=True)[0]
    _make(layout, since)


def _keep_first() -> None:
    if not SearchBucket.objects.exists():
        first = SearchBucket(number=FIRST.number, layout=0, since=FIRST.since)
        SearchBucket.objects.bulk_create([first], ignore_conflicts=True)


def _make(layout: int, since: Iterable[datetime]) -> None:
    """Under numbers that are free: a publication that is in the way of none keeps its own."""
    taken = set(SearchBucket.objects.values_list("number", flat=True))
    free = (number for number in range(len(DIGITS) ** FIGURES) if number not in taken)
    SearchBucket.objects.bulk_create(
        SearchBucket(number=number, layout=layout, since=moment) for moment, number in zip(since, free, strict=False)
    )


# Spreading them anew.


def sizes(publications: int) -> list[int]:
    """How many publications go into each bucket, from the newest on: the older, the larger."""
    found: list[int] = []
    while publications > 0:
        found.append(_size(len(found)))
        publications -= found[-1]
    return found


def _size(newer: int) -> int:
    """Of a bucket with so many newer ones."""
    return min(SIZE * 2 ** (newer // ALIKE), LARGEST)


def spread(publications: QuerySet[Publication]) -> None:
    """Begins a new layout for these; none where the present one will do, or where an earlier run has begun one."""
    present = layouts()
    if len(present) > 1 or _will_do(present[0], publications):
        return
    wanted = _boundaries(publications)
    with transaction.atomic():
        _keep_first()
        layout = SearchBucket.objects.order_by("-layout").values_list("layout", flat=True)[0]
        _make(layout + 1, wanted)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Whoever feeds the old layout still is waited for; all others see the new one.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _boundaries(publications: QuerySet[Publication]) -> list[datetime]:
    """Where buckets of the wanted sizes begin, from the oldest on."""
    places = list(accumulate(sizes(publications.count())))[:-1]
    numbered = publications.annotate(place=Window(RowNumber(), order_by=F("dated").desc()))
    dates = numbered.filter(place__in=places).values_list("dated", flat=True)
    return [BEGINNING, *sorted(set(dates))]


def _will_do(buckets: list[Bucket], publications: QuerySet[Publication]) -> bool:
    """Whether none is more than twice as large as it should be, and there are not many more than needed."""
    newer = 0
    for bucket in reversed(buckets):
        within = publications.filter(dated__gte=bucket.since, dated__lt=bucket.until).count()
        if within > 2 * _size(len(sizes(newer))):
            return False
        newer += within
    return len(buckets) <= 2 * len(sizes(newer)) + ALIKE


def drop_old() -> None:
    """Forgets all layouts but the newest, once everything stands in that."""
    newest = SearchBucket.objects.order_by("-layout").values("layout")[:1]
    SearchBucket.objects.exclude(layout__in=newest).delete()
