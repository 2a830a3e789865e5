"""Counting reads: once per visitor and half hour; no staff, crawlers or prefetches.

Visitors from one address add at most MAX_READS_PER_ADDRESS reads of an article in half an hour, whatever user agents
they send.

With Redis reads wait there (articles.reads.redis_buffer) and are flushed to the database (articles.reads.flushing);
without it, and while it does not answer, they are counted in the database at once (articles.reads.database). Either
way a read is counted before the visitor has the answer.
"""

import re
import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from articles.models import Article, Read
from articles.reads import database
from articles.reads.database import MAX_READS_PER_ADDRESS, READ_WINDOW
from articles.reads.flushing import flush_during_request
from articles.reads.redis_buffer import LIVE_TTL_SECONDS, CountResult, ReadBuffer, RedisUnavailable, get_buffer
from articles.reads.visitors import visitor_hash

READS_PER_CLEANUP = 200  # counted reads, on average, between two clearings of old notes
MAX_BUFFER_ATTEMPTS = 5  # to settle a total between two flushes

# Named after what crawlers call themselves; browsers do not use these words.
_crawler_pattern = re.compile(
    r"bot\b|bot/|spider|crawl|slurp|scan|monitor|preview|fetch|headless|lighthouse|curl|wget|python|java/|okhttp|"
    r"go-http|libwww|httpclient|apache-http|ruby|perl|php/|feed|rss|facebookexternalhit|mediapartners|archiver|phantom",
    re.IGNORECASE,
)


def is_crawler(user_agent: str) -> bool:
    return not user_agent or "mozilla" not in user_agent.lower() or bool(_crawler_pattern.search(user_agent))


def is_countable(request: HttpRequest) -> bool:
    """Whether this request is a person reading: no staff, no crawler, no prefetch."""
    meta = request.META  # `headers` would be put together from it, for three of them
    purpose = meta.get("HTTP_SEC_PURPOSE", "") + meta.get("HTTP_PURPOSE", "")
    return (
        not is_crawler(meta.get("HTTP_USER_AGENT", ""))
        and "prefetch" not in purpose
        and "preview" not in purpose
        and not request.user.is_authenticated
    )


def count_read(article_id: int, request: HttpRequest, at: datetime | None = None) -> int | None:
    """Counts one read, unless it is none, or the visitor or too many from the address read it within READ_WINDOW.

    Returns all reads of the article, this one included; None when the article is not live. The read is in Redis or
    committed when it returns.
    """
    at = at or timezone.now()
    # Just after midnight the salt has changed: the visitor may be noted under yesterday's hash.
    days = (timezone.localdate(at), timezone.localdate(at - READ_WINDOW))
    visitor = earlier_visitor = ""
    if is_countable(request):
        visitor = visitor_hash(request, days[0])
        earlier_visitor = visitor if days[0] == days[1] else visitor_hash(request, days[1])
    if waiting := get_buffer():
        try:
            return _count_in_redis(waiting, article_id, visitor, earlier_visitor, at)
        except RedisUnavailable:
            waiting.note_read_elsewhere(article_id)
    return _count_in_database(article_id, visitor, earlier_visitor, at)


def _count_in_redis(
    buffer: ReadBuffer, article_id: int, visitor: str, earlier_visitor: str, at: datetime
) -> int | None:
    """As `count_read`. Raises RedisUnavailable."""
    known_total: list[object] = []
    for _attempt in range(MAX_BUFFER_ATTEMPTS):
        result = buffer.count(article_id, visitor, earlier_visitor, timezone.localdate(at), known_total)
        if isinstance(result, CountResult):
            if result.should_flush:
                flush_during_request(buffer)
            return result.total
        state = database.load_read_state(article_id, ("", ""), at)
        if state is None:
            return None
        stored, flushed = database.stored_totals([article_id], result.batches)
        live_seconds = (state.live_until - at).total_seconds() if state.live_until else LIVE_TTL_SECONDS
        known_total = buffer.known_total_args(
            result, stored.get(article_id, 0), flushed, min(live_seconds, LIVE_TTL_SECONDS)
        )
    raise RedisUnavailable


def _count_in_database(article_id: int, visitor: str, earlier_visitor: str, at: datetime) -> int | None:
    known = database.load_read_state(article_id, (visitor, earlier_visitor), at)
    if known is None:
        return None
    if not visitor or known.recent or known.from_address >= MAX_READS_PER_ADDRESS:
        return known.total
    total = database.insert_read(article_id, visitor, at)
    if secrets.randbelow(READS_PER_CLEANUP) == 0:
        delete_expired_visitors(at)
    return total


@transaction.atomic
def add_reads(article: Article, day: date, count: int = 1) -> None:
    """Adds reads of a day."""
    database.add_daily_counts(day, {article.pk: count})


def total(article_id: int, stored: int | None = None) -> int:
    """All reads of an article. See `totals`. `stored`: what the database has, where the caller knows it already."""
    if get_buffer():
        return totals([article_id]).get(article_id, 0)
    return database.stored_total(article_id) if stored is None else stored


def totals(articles: Collection[int]) -> dict[int, int]:
    """Id of each article that was read → its reads, those that wait in Redis included. At most one query, and one
    question to Redis.

    Redis is asked first: a batch that is flushed in between is named among the flushed ones, and not added again.
    """
    if not (waiting := get_buffer()):
        return database.stored_totals(articles)[0]
    try:
        known, batches = waiting.pending(articles)
    except RedisUnavailable:
        return database.stored_totals(articles)[0]
    unknown = [pk for pk in articles if pk not in known]
    if not unknown:
        return known
    stored, flushed = database.stored_totals(unknown, batches)
    for batch, counts in batches.items():
        if batch not in flushed:
            for pk, count in counts.items():
                stored[pk] = stored.get(pk, 0) + count
    return known | stored


class DailyReads(NamedTuple):
    day: date
    count: int


def daily_history(article_id: int, days: int = 30) -> list[DailyReads]:
    """Reads of each of the last days, today the last one, days without a read included. Without what waits in Redis."""
    today = timezone.localdate()
    since = today - timedelta(days=days - 1)
    counted = dict(Read.objects.filter(article=article_id, day__gte=since).values_list("day", "count"))
    every = (since + timedelta(days=number) for number in range(days))
    return [DailyReads(day, counted.get(day, 0)) for day in every]


def most_read_ids(*, since: date, limit: int = 60) -> list[int]:
    """Ids of the articles that were read most from a day on, live or not, the most read first. See read_rows."""
    return database.most_read_ids(since, timezone.localdate(), limit)


def delete_expired_visitors(at: datetime | None = None) -> int:
    """Removes notes of visitors older than the window, the oldest first and a bounded number; returns how many."""
    return database.delete_expired_visitors(at or timezone.now())
