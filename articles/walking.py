"""Where a page of a listing begins, and how many rows there are: one statement, whatever the depth of the page.

Along the marks of a listing (the beginnings of its segments, newest first) adds up how many rows stand above each.
What is unsettled and what is pinned are marks of one row. All in one statement, which sees the segments and the
placements as of one moment, so that a row which is just being counted counts once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from articles.models.placement import Key

# The numbers stand for Standing; SQLite takes a partial index only where they are no parameters.
UNSETTLED = """
WITH unsettled AS (
    SELECT dated, article_id AS article, 1 AS members FROM articles_placement
    WHERE department_id = %(department)s AND standing = 0
        AND live_from <= %(now)s AND (live_until IS NULL OR live_until > %(now)s)
    UNION ALL
    SELECT dated, article_id, -1 FROM articles_placement
    WHERE department_id = %(department)s AND standing = 1 AND live_until IS NOT NULL AND live_until <= %(now)s
), pinned AS (
    SELECT dated, article_id AS article, -1 AS members FROM articles_placement
    WHERE department_id = %(department)s AND standing IS NOT NULL AND pinned_until IS NOT NULL
        AND pinned_until > %(now)s AND live_from <= %(now)s AND (live_until IS NULL OR live_until > %(now)s)
"""
WHOLE = """
), marks AS (
    SELECT since_dated AS dated, since_article AS article, members, 1 AS is_bound FROM articles_listingsegment
    WHERE department_id = %(department)s
    UNION ALL SELECT dated, article, members, 0 FROM unsettled
    UNION ALL SELECT dated, article, members, 0 FROM pinned
"""
# Between two keys: the segments that lie in between, and what is counted in those that reach across an end. `top`
# holds the newest rows of the stretch; it begins at the end of the stretch itself where it reaches across both.
BETWEEN = """
    SELECT since_dated AS dated, since_article AS article, members, 1 AS is_bound FROM articles_listingsegment
    WHERE department_id = %(department)s
        AND (since_dated, since_article) >= ((SELECT dated FROM inner_begin), (SELECT article FROM inner_begin))
        AND (since_dated, since_article) < ((SELECT dated FROM top_begin), (SELECT article FROM top_begin))
    UNION ALL
    SELECT (SELECT dated FROM top_begin), (SELECT article FROM top_begin), CAST(COUNT(*) AS integer), 1
    FROM articles_placement
    WHERE department_id = %(department)s AND standing IS NOT NULL AND standing = 1
        AND (dated, article_id) >= ((SELECT dated FROM top_begin), (SELECT article FROM top_begin))
        AND (dated, article_id) < (%(until_dated)s, %(until_article)s)
    UNION ALL
    SELECT %(since_dated)s, %(since_article)s, CAST(COUNT(*) AS integer), 1
    FROM articles_placement
    WHERE department_id = %(department)s AND standing IS NOT NULL AND standing = 1
        AND (dated, article_id) >= (%(since_dated)s, %(since_article)s)
        AND (dated, article_id) < ((SELECT dated FROM inner_begin), (SELECT article FROM inner_begin))
        AND (dated, article_id) < ((SELECT dated FROM top_begin), (SELECT article FROM top_begin))
    UNION ALL
    SELECT dated, article, members, 0 FROM unsettled
    WHERE (dated, article) >= (%(since_dated)s, %(since_article)s)
        AND (dated, article) < (%(until_dated)s, %(until_article)s)
"""
ENDS = """
), top_begin AS (
    SELECT CASE WHEN crosses THEN %(since_dated)s ELSE since_dated END AS dated,
        CASE WHEN crosses THEN %(since_article)s ELSE since_article END AS article
    FROM (
        SELECT since_dated, since_article,
            (since_dated, since_article) < (%(since_dated)s, %(since_article)s) AS crosses
        FROM articles_listingsegment
        WHERE department_id = %(department)s
            AND (since_dated, since_article) < (%(until_dated)s, %(until_article)s)
        ORDER BY since_dated DESC, since_article DESC LIMIT 1
    ) newest
), inner_begin AS (
    SELECT since_dated AS dated, since_article AS article FROM articles_listingsegment
    WHERE department_id = %(department)s
        AND (since_dated, since_article) > (%(since_dated)s, %(since_article)s)
    ORDER BY since_dated, since_article LIMIT 1
), marks AS (
"""
SUMS = """
), walked AS (
    SELECT dated, article, is_bound, SUM(members) OVER (
        ORDER BY dated DESC, article DESC, is_bound ROWS UNBOUNDED PRECEDING
    ) AS above
    FROM marks
)
SELECT whole.rows_in_all, whole.unsettled, whole.pinned, bound.dated, bound.article, bound.above
FROM (
    SELECT COALESCE(SUM(members), 0) AS rows_in_all, (SELECT COUNT(*) FROM unsettled) AS unsettled,
        (SELECT COUNT(*) FROM pinned) AS pinned
    FROM marks
) whole
LEFT JOIN (
    SELECT dated, article, above FROM walked WHERE is_bound = 1 AND above <= %(rank)s ORDER BY dated, article LIMIT 1
) bound ON 1 = 1
"""


@dataclass(frozen=True)
class Stretch:
    """The rows from `since` on that are older than `until`."""

    since: Key
    until: Key


@dataclass(frozen=True)
class Found:
    """How many rows there are, `unsettled` and `pinned` ones among them; and where the row of the wanted rank stands:
    it is the `skip`-th, from 0, of those older than `below` (None: of all)."""

    count: int
    unsettled: int
    pinned: int
    below: Key | None
    skip: int


def walk(department: int, rank: int, now: datetime, within: Stretch | None = None) -> Found:
    """Finds the row of a rank, from 0 for the newest, among the live placements of a department.

    Of the whole listing without those that are pinned; or `within` a stretch, pinned or not.
    """
    named = {"department": department, "now": now, "rank": rank}
    marks = WHOLE
    if within is not None:
        marks = f"{ENDS}{BETWEEN}"
        named |= {"since_dated": within.since.dated, "since_article": within.since.article}
        named |= {"until_dated": within.until.dated, "until_article": within.until.article}
    adapted = {
        name: connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for name, value in named.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{UNSETTLED}{marks}{SUMS}", adapted)
        count, unsettled, pinned, dated, article, above = cursor.fetchone()
    below = within.until if within else None
    if dated is not None:
        below = Key(_aware(dated), article)
    return Found(int(count), unsettled, pinned, below, rank - int(above or 0))


def _aware(found: datetime | str) -> datetime:
    """SQLite gives a moment as text, or without its zone, where PostgreSQL gives the moment."""
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
