"""Read counts in the database: by day, in total, and recent visitors."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import BigIntegerField, Count, Exists, QuerySet, Subquery, Value
from django.utils import timezone

from articles.models import Article, FlushedBatch, Publication, ReadTotal, RecentRead
from articles.reads.visitors import ADDRESS_DIGITS
from database.compiled_query import CompiledQuery
from database.datetimes import adapt_param

READ_WINDOW = timedelta(minutes=30)
# Reads of an article from one address within READ_WINDOW. An office behind one address counts up to there; somebody who
# makes up user agents adds no more. Requests at the very same moment may add one or two.
MAX_READS_PER_ADDRESS = 20
MAX_ROWS_PER_STATEMENT = 500  # rows of a statement, and old notes that one clearing takes at most
MAX_RANKED_PER_DAY = 200  # articles of each day that the ranking looks at
BATCH_ID_RETENTION = timedelta(days=30)  # longer than anybody restores an old copy of Redis and lets it run


class ArticleReadState(NamedTuple):
    """What is to be known of a live article before a read of it is counted."""

    total: int
    recent: bool  # whether the visitor read it within READ_WINDOW
    from_address: int  # how many visitors from the same address read it within READ_WINDOW
    live_until: datetime | None


def _build_read_state_query(
    article: int, first: str, second: str, start: str, end: str, at: datetime, window_start: datetime
) -> QuerySet:
    noted = RecentRead.objects.filter(article=article, at__gt=window_start)
    recent = noted.filter(visitor__in=[first, second])
    # The hashes of one address lie side by side in the index of the constraint.
    from_address = noted.filter(visitor__gte=start, visitor__lt=end).order_by().values("article")
    counted = Subquery(from_address.annotate(number=Count("pk")).values("number"))
    live = Publication.objects.live(at).filter(article=article).order_by("-number")
    return live.values_list("article__read_total__count", Exists(recent), counted, "live_until")[:1]


# Compiled, because compiling takes Django longer than all the rest of a read.
_read_state_query = CompiledQuery(_build_read_state_query, int, str, str, str, str, datetime, datetime)


def load_read_state(article_id: int, visitors: tuple[str, str], at: datetime) -> ArticleReadState | None:
    """Return None when the article is not live. `visitors`: the two hashes that the visitor may be noted under.

    One query.
    """
    if article_id > BigIntegerField.MAX_BIGINT:
        return None
    start = visitors[0][:ADDRESS_DIGITS]
    end = f"{start}g" if start else ""  # behind every hexadecimal digit
    row = _read_state_query.first_row(article_id, *visitors, start, end, at, at - READ_WINDOW)
    return ArticleReadState(row[0] or 0, bool(row[1]), row[2] or 0, row[3]) if row else None


def insert_read(article_id: int, visitor: str, at: datetime) -> int:
    """Counts a read and returns all of the article, committed; none when the visitor was noted a moment ago."""
    with _without_fsync(), transaction.atomic():
        if _record_visitor(article_id, visitor, at):
            add_daily_counts(timezone.localdate(at), {article_id: 1})
        with connection.cursor() as cursor:
            cursor.execute("SELECT count FROM articles_readtotal WHERE article_id = %s", [article_id])
            return cursor.fetchone()[0]


def _record_visitor(article_id: int, visitor: str, at: datetime) -> bool:
    """Notes the visitor unless somebody did a moment ago: of two simultaneous requests one gets True."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_recentread (article_id, visitor, at) VALUES (%s, %s, %s) "
            "ON CONFLICT (article_id, visitor) DO UPDATE SET at = excluded.at WHERE articles_recentread.at <= %s",
            [article_id, visitor, adapt_param(at), adapt_param(at - READ_WINDOW)],
        )
        return cursor.rowcount == 1


def add_daily_counts(day: date, counts: Mapping[int, int]) -> None:
    """Adds reads of a day (id of an article → how many) to the day's and to all, so that none is lost between two
    processes.

    Within a transaction. Articles in order, and of each few the day before the total: so two who add at the same
    moment wait for each other and never in a circle.
    """
    stored = adapt_param(day)
    ordered = sorted(counts.items())
    for start in range(0, len(ordered), MAX_ROWS_PER_STATEMENT):
        some = ordered[start : start + MAX_ROWS_PER_STATEMENT]
        _upsert("articles_read", ["article_id", "day", "count"], [(pk, stored, number) for pk, number in some])
        _upsert("articles_readtotal", ["article_id", "count"], some)


def _upsert(table: str, columns: list[str], rows: list) -> None:
    row = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(rows))} "  # noqa: S608 (own names)
            f"ON CONFLICT ({', '.join(columns[:-1])}) DO UPDATE SET count = {table}.count + excluded.count",
            [value for values in rows for value in values],
        )


@contextmanager
def _without_fsync() -> Iterator[None]:
    """SQLite: a commit within waits for no disk, which would be a few hundred reads a second at most.

    In WAL mode that loses nothing when a process is killed, and the last reads, never the database's soundness, when
    the power fails (https://www.sqlite.org/pragma.html#pragma_synchronous). Only here: the acts of the ledger wait,
    and when one does, all reads committed before it are on the disk too, for they stand before it in the same log.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    sqlite_connection = connection.connection
    sqlite_connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        sqlite_connection.execute("PRAGMA synchronous = FULL")


def stored_total(article_id: int) -> int:
    """Every page of an article shows it: no model, no compiling."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count FROM articles_readtotal WHERE article_id = %s", [article_id])
        found = cursor.fetchone()
    return found[0] if found else 0


def stored_totals(articles: Collection[int], batches: Collection[str] = ()) -> tuple[dict[int, int], set[str]]:
    """(id of each article that was read → all its reads, which of `batches` are in these figures already).

    One statement, for on PostgreSQL two would see different moments, between which a batch may come in.
    """
    counted = ReadTotal.objects.filter(article__in=articles).values_list("article_id", "count", Value(""))
    if batches:
        flushed = FlushedBatch.objects.filter(batch__in=batches)
        counted = counted.union(flushed.values_list(Value(0), Value(0), "batch"), all=True)
    rows = list(counted)
    return {pk: count for pk, count, batch in rows if not batch}, {batch for _pk, _count, batch in rows if batch}


def add_batch(batch: str, day: date, counts: Mapping[int, int], at: datetime) -> bool:
    """Adds the reads of a batch, unless they were added before. True when this call added them; committed.

    Articles that are not there (the database is older than the batch) are left out.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO articles_flushedbatch (batch, at) VALUES (%s, %s) ON CONFLICT (batch) DO NOTHING",
                [batch, adapt_param(at)],
            )
            if cursor.rowcount != 1:
                return False
        there = Article.objects.only("pk").in_bulk(list(counts))
        add_daily_counts(day, {pk: number for pk, number in counts.items() if pk in there})
    return True


def delete_expired_visitors(at: datetime) -> int:
    """Removes the oldest notes of visitors that are over, MAX_ROWS_PER_STATEMENT of them at most; returns how many."""
    expired = RecentRead.objects.filter(at__lte=at - READ_WINDOW).order_by("at").values("pk")
    return RecentRead.objects.filter(
        pk__in=list(expired[:MAX_ROWS_PER_STATEMENT].values_list("pk", flat=True))
    ).delete()[0]


def delete_old_batches(at: datetime) -> int:
    """Removes the notes of batches that cannot come again; returns how many."""
    return FlushedBatch.objects.filter(at__lte=at - BATCH_ID_RETENTION).delete()[0]


def most_read_ids(since: date, until: date, limit: int) -> list[int]:
    """Ids of the articles that were read most on these days, the most read first. One query.

    Only articles that were among the MAX_RANKED_PER_DAY most read of some day are considered: the query takes as long
    as there are days, and not as there are articles.
    """
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    a_day = (
        "SELECT * FROM (SELECT article_id, count FROM articles_read WHERE day = %s ORDER BY count DESC LIMIT %s) AS d"
    )
    stored = [adapt_param(day) for day in days]
    values = [value for day in stored for value in (day, MAX_RANKED_PER_DAY)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH top AS ({' UNION ALL '.join([a_day] * len(days))}), "  # noqa: S608 (our own SQL, repeated; values are parameters)
            "chosen AS (SELECT article_id FROM top GROUP BY article_id ORDER BY SUM(count) DESC LIMIT %s) "
            "SELECT r.article_id FROM chosen JOIN articles_read r ON r.article_id = chosen.article_id "
            "WHERE r.day BETWEEN %s AND %s "
            "GROUP BY r.article_id ORDER BY SUM(r.count) DESC, r.article_id DESC LIMIT %s",
            [*values, 10 * limit, stored[0], stored[-1], limit],
        )
        return [pk for (pk,) in cursor.fetchall()]
