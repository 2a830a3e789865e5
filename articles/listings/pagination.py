"""Offsets and totals of a listing, computed from segment counts without OFFSET or COUNT.

Sum segment counts, newest first, to find how many rows stand above the beginning of each segment. Each pending or
pinned placement is added as a segment of one row. One statement reads segments and placements as of one moment, so that
a row that is being counted counts once. The offsets of a whole listing are cached for each version of it
(articles.caching.memo); they stay right when segments are divided.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from articles.caching import memo
from articles.models.placement import ListingKey
from articles.models.publication import LIVE_SQL
from database.datetimes import adapt_param, read_datetime

_live = LIVE_SQL.format(now="%(now)s")
# The numbers are those of CountState; SQLite takes a partial index only where they are no parameters.
PENDING_SQL = f"""
WITH unsettled AS (
    SELECT dated, article_id AS article, 1 AS placement_count FROM articles_placement
    WHERE department_id = %(department)s AND count_state = 0
        AND {_live}
    UNION ALL
    SELECT dated, article_id, -1 FROM articles_placement
    WHERE department_id = %(department)s AND count_state = 1 AND live_until IS NOT NULL AND live_until <= %(now)s
), pinned AS (
    SELECT dated, article_id AS article, -1 AS placement_count FROM articles_placement
    WHERE department_id = %(department)s AND count_state IS NOT NULL AND pinned_until IS NOT NULL
        AND pinned_until > %(now)s AND {_live}
"""  # noqa: S608 (our own words, values are parameters)
WHOLE_LISTING_SQL = """ ) SELECT since_dated, since_article, placement_count, 'bound' FROM articles_listingsegment
WHERE department_id = %(department)s UNION ALL SELECT dated, article, placement_count, 'unsettled' FROM unsettled
UNION ALL SELECT dated, article, placement_count, 'pinned' FROM pinned
"""
# Between two keys: what is counted in the segments that reach across an end, and those that lie in between. The dates
# are asked for once more by themselves: PostgreSQL guesses how few rows there are from them, not from the pairs.
KEY_RANGE_SQL = """
), marks AS (
    SELECT since_dated AS dated, since_article AS article, placement_count, 1 AS is_bound FROM articles_listingsegment
    WHERE department_id = %(department)s
        AND (since_dated, since_article) >= (%(bottom_dated)s, %(bottom_article)s)
        AND (since_dated, since_article) < (%(top_dated)s, %(top_article)s)
    UNION ALL
    SELECT %(top_dated)s, %(top_article)s, CAST(COUNT(*) AS integer), 1 FROM articles_placement
    WHERE department_id = %(department)s AND count_state IS NOT NULL AND count_state = 1
        AND dated >= %(top_dated)s AND dated <= %(until_dated)s
        AND (dated, article_id) >= (%(top_dated)s, %(top_article)s)
        AND (dated, article_id) < (%(until_dated)s, %(until_article)s)
    UNION ALL
    SELECT %(since_dated)s, %(since_article)s, CAST(COUNT(*) AS integer), 1 FROM articles_placement
    WHERE department_id = %(department)s AND count_state IS NOT NULL AND count_state = 1
        AND dated >= %(since_dated)s AND dated <= %(bottom_dated)s
        AND (dated, article_id) >= (%(since_dated)s, %(since_article)s)
        AND (dated, article_id) < (%(bottom_dated)s, %(bottom_article)s)
    UNION ALL
    SELECT dated, article, placement_count, 0 FROM unsettled
    WHERE (dated, article) >= (%(since_dated)s, %(since_article)s)
        AND (dated, article) < (%(until_dated)s, %(until_article)s)
"""
# Where the segment begins that the newest row of a stretch is in, and the first one that begins within the stretch.
SEGMENT_BOUNDS_SQL = """
SELECT newest.since_dated, newest.since_article, first.since_dated, first.since_article
FROM (SELECT 1 AS one) alone
LEFT JOIN (
    SELECT since_dated, since_article FROM articles_listingsegment
    WHERE department_id = %(department)s AND (since_dated, since_article) < (%(until_dated)s, %(until_article)s)
    ORDER BY since_dated DESC, since_article DESC LIMIT 1
) newest ON 1 = 1
LEFT JOIN (
    SELECT since_dated, since_article FROM articles_listingsegment
    WHERE department_id = %(department)s AND (since_dated, since_article) > (%(since_dated)s, %(since_article)s)
    ORDER BY since_dated, since_article LIMIT 1
) first ON 1 = 1
"""
RUNNING_SUMS_SQL = """
), walked AS (
    SELECT dated, article, is_bound, SUM(placement_count) OVER (
        -- RANGE: of two bounds at the same row each has the sum of both.
        ORDER BY dated DESC, article DESC, is_bound RANGE UNBOUNDED PRECEDING
    ) AS above
    FROM marks
)
SELECT whole.rows_in_all, whole.unsettled, whole.pinned, bound.dated, bound.article, bound.above
FROM (
    SELECT COALESCE(SUM(placement_count), 0) AS rows_in_all, (SELECT COUNT(*) FROM unsettled) AS unsettled,
        (SELECT COUNT(*) FROM pinned) AS pinned
    FROM marks
) whole
LEFT JOIN (
    SELECT dated, article, above FROM walked WHERE is_bound = 1 AND above <= %(rank)s ORDER BY dated, article LIMIT 1
) bound ON 1 = 1
"""


@dataclass(frozen=True)
class KeyRange:
    """The rows from `since` on that are older than `until`."""

    since: ListingKey
    until: ListingKey


@dataclass(frozen=True)
class RowPosition:
    """How many rows there are, `unsettled` and `pinned` ones among them; and where the row of the wanted rank stands:
    it is the `skip`-th, from 0, of those older than `below` (None: of all)."""

    total: int
    pending: int
    pinned_count: int
    below: ListingKey | None
    skip: int


@dataclass(frozen=True)
class SegmentOffsets:
    """Those of a whole listing without what is pinned. `bounds`: how many rows stand above each, newest first."""

    total: int
    pending: int
    pinned_count: int
    offsets: list[tuple[int, ListingKey]]

    @classmethod
    def from_rows(cls, rows: list[tuple[ListingKey, int, str]]) -> "SegmentOffsets":
        """`rows`: key, how many rows it stands for, and its kind, as in WHOLE_LISTING_SQL."""
        bounds, above = [], 0
        # At one row, what is not counted there comes before what is; of two bounds each has the sum of both.
        for key, at_key in groupby(sorted(rows, reverse=True), key=itemgetter(0)):
            kinds = [(kind, placement_count) for _key, placement_count, kind in at_key]
            above += sum(placement_count for _kind, placement_count in kinds)
            if any(kind == "bound" for kind, _members in kinds):
                bounds.append((above, key))
        kinds = Counter(kind for _key, _members, kind in rows)
        return cls(above, kinds["unsettled"], kinds["pinned"], bounds)

    def locate(self, rank: int) -> RowPosition:
        above, below = next(((above, key) for above, key in reversed(self.offsets) if above <= rank), (0, None))
        return RowPosition(self.total, self.pending, self.pinned_count, below, rank - above)


def _load_offsets(department: int, now: datetime) -> SegmentOffsets:
    sql, params = PENDING_SQL + WHOLE_LISTING_SQL, {"department": department, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: adapt_param(value) for name, value in params.items()})
        return SegmentOffsets.from_rows(
            [
                (ListingKey(read_datetime(dated), article), placement_count, kind)
                for dated, article, placement_count, kind in cursor
            ]
        )


def _cache_key(department: int) -> tuple[str, int]:
    return "marks of a listing", department


def invalidate_offsets(department: int) -> None:
    """Reads the marks of the listing anew at the next walk: its segments were cut anew, which no version tells of."""
    memo.invalidate(_cache_key(department))


def locate_row(department: int, rank: int, now: datetime, key_range: KeyRange | None = None) -> RowPosition:
    """Finds the row of a rank, from 0 for the newest, among the live placements of a department.

    Of the whole listing without those that are pinned, in one statement if any; or `key_range` a stretch, pinned or
    not, in two.
    """
    if key_range is None:
        return memo.memoize_by_version(
            _cache_key(department), lambda: _load_offsets(department, now), department
        ).locate(rank)
    params = {"department": department, "now": now, "rank": rank}
    # By themselves, for PostgreSQL plans well only what it sees: these may stay as segments are cut.
    params |= _key_params(since=key_range.since, until=key_range.until)
    params |= _segment_bounds(params, key_range)
    count, unsettled, pinned, dated, article, above = _fetch_row(PENDING_SQL + KEY_RANGE_SQL + RUNNING_SUMS_SQL, params)
    below = ListingKey(read_datetime(dated), article) if dated is not None else key_range.until
    return RowPosition(int(count), unsettled, pinned, below, rank - int(above or 0))


def _segment_bounds(params: dict[str, Any], key_range: KeyRange) -> dict[str, Any]:
    """`top`: where the segment of the newest rows begins within the stretch. `bottom`: where that of the oldest ends,
    unless that is the same segment."""
    top_dated, top_article, dated, article = _fetch_row(SEGMENT_BOUNDS_SQL, params)
    top = (
        key_range.since
        if top_dated is None
        else max(key_range.since, ListingKey(read_datetime(top_dated), top_article))
    )
    bottom = top if dated is None else min(top, ListingKey(read_datetime(dated), article))
    return _key_params(top=top, bottom=bottom)


def _key_params(**keys: ListingKey) -> dict[str, Any]:
    return {f"{name}_{part}": value for name, key in keys.items() for part, value in key._asdict().items()}


def _fetch_row(sql: str, params: dict[str, Any]) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: adapt_param(value) for name, value in params.items()})
        return cursor.fetchone()
