"""Counting reads: once a visitor and window, never staff, crawlers, prefetches or reloads.

With Redis reads wait there (articles.read_buffer) and are flushed to the database (articles.read_flushing); without it,
and while it does not answer, they are counted in the database at once (articles.read_rows). Either way a read is
counted before the visitor has the answer.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from articles import read_rows
from articles.models import Article, Read
from articles.read_buffer import LIVE_FOR, Buffer, Counted, Unavailable, buffer
from articles.read_flushing import flush_in_passing
from articles.read_rows import WINDOW

CLEAR_EVERY = 200  # counted reads, on average, between two clearings of old notes
ATTEMPTS = 5  # to settle a total between two flushes

# Named after what crawlers call themselves; browsers do not use these words.
_crawler = re.compile(
    r"bot\b|bot/|spider|crawl|slurp|scan|monitor|preview|fetch|headless|lighthouse|curl|wget|python|java/|okhttp|"
    r"go-http|libwww|httpclient|apache-http|ruby|perl|php/|feed|rss|facebookexternalhit|mediapartners|archiver|phantom",
    re.IGNORECASE,
)


def is_crawler(user_agent: str) -> bool:
    return not user_agent or "mozilla" not in user_agent.lower() or bool(_crawler.search(user_agent))


def visitor(request: HttpRequest, at: datetime) -> str:
    """A keyed hash of address and user agent, salted by the day: 32 hexadecimal digits that nobody can turn back."""
    return _hash(request, timezone.localdate(at))


def _hash(request: HttpRequest, day: date) -> str:
    text = f"{day}|{request.META['REMOTE_ADDR']}|{request.META.get('HTTP_USER_AGENT', '')}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def counts(request: HttpRequest) -> bool:
    """Whether this request is a person reading: no staff, no crawler, no prefetch."""
    told = request.META  # `headers` would be put together from it, for three of them
    purpose = told.get("HTTP_SEC_PURPOSE", "") + told.get("HTTP_PURPOSE", "")
    return (
        not is_crawler(told.get("HTTP_USER_AGENT", ""))
        and "prefetch" not in purpose
        and "preview" not in purpose
        and not request.user.is_authenticated
    )


def count_read(article_id: int, request: HttpRequest, at: datetime | None = None) -> int | None:
    """Counts one read, unless it is none or the same visitor read the article within WINDOW.

    Returns all reads of the article, this one included; None when the article is not live. The read is in Redis or
    committed when it returns.
    """
    at = at or timezone.now()
    # Just after midnight the salt has changed: the visitor may be noted under yesterday's hash.
    days = (timezone.localdate(at), timezone.localdate(at - WINDOW))
    who = earlier = ""
    if counts(request):
        who = _hash(request, days[0])
        earlier = who if days[0] == days[1] else _hash(request, days[1])
    if waiting := buffer():
        try:
            return _count_in_redis(waiting, article_id, who, earlier, at)
        except Unavailable:
            pass
    return _count_in_database(article_id, who, earlier, at)


def _count_in_redis(waiting: Buffer, article_id: int, who: str, earlier: str, at: datetime) -> int | None:
    """As `count_read`. Raises Unavailable."""
    settled: list[object] = []
    for _attempt in range(ATTEMPTS):
        counted = waiting.count(article_id, who, earlier, timezone.localdate(at), settled)
        if isinstance(counted, Counted):
            if counted.flush:
                flush_in_passing(waiting)
            return counted.total
        known = read_rows.look(article_id, ("", ""), at)
        if known is None:
            return None
        stored, flushed = read_rows.totals([article_id], counted.batches)
        left = (known.live_until - at).total_seconds() if known.live_until else LIVE_FOR
        settled = waiting.settled_by(counted, stored.get(article_id, 0), flushed, min(left, LIVE_FOR))
    raise Unavailable


def _count_in_database(article_id: int, who: str, earlier: str, at: datetime) -> int | None:
    known = read_rows.look(article_id, (who, earlier), at)
    if known is None:
        return None
    if not who or known.recent:
        return known.total
    total = read_rows.count(article_id, who, at)
    if secrets.randbelow(CLEAR_EVERY) == 0:
        clear_old(at)
    return total


@transaction.atomic
def add(article: Article, day: date, count: int = 1) -> None:
    """Adds reads of a day."""
    read_rows.add(day, {article.pk: count})


def total(article_id: int, stored: int | None = None) -> int:
    """All reads of an article. See `totals`. `stored`: what the database has, where the caller knows it already."""
    if buffer():
        return totals([article_id]).get(article_id, 0)
    return read_rows.total(article_id) if stored is None else stored


def totals(articles: Collection[int]) -> dict[int, int]:
    """Id of each article that was read → its reads, those that wait in Redis included. At most one query, and one
    question to Redis.

    Redis is asked first: a batch that is flushed in between is named among the flushed ones, and not added again.
    """
    if not (waiting := buffer()):
        return read_rows.totals(articles)[0]
    try:
        known, batches = waiting.waiting(articles)
    except Unavailable:
        return read_rows.totals(articles)[0]
    unknown = [pk for pk in articles if pk not in known]
    if not unknown:
        return known
    stored, flushed = read_rows.totals(unknown, batches)
    for batch, counts in batches.items():
        if batch not in flushed:
            for pk, count in counts.items():
                stored[pk] = stored.get(pk, 0) + count
    return known | stored


class Day(NamedTuple):
    day: date
    count: int


def history(article_id: int, days: int = 30) -> list[Day]:
    """Reads of each of the last days, today the last one, days without a read included. Without what waits in Redis."""
    today = timezone.localdate()
    since = today - timedelta(days=days - 1)
    counted = dict(Read.objects.filter(article=article_id, day__gte=since).values_list("day", "count"))
    every = (since + timedelta(days=number) for number in range(days))
    return [Day(day, counted.get(day, 0)) for day in every]


def most_read(*, since: date, most: int = 60) -> list[int]:
    """Ids of the articles that were read most from a day on, live or not, the most read first. See read_rows."""
    return read_rows.most_read(since, timezone.localdate(), most)


def clear_old(at: datetime | None = None) -> int:
    """Removes notes of visitors older than the window, the oldest first and a bounded number; returns how many."""
    return read_rows.clear_old(at or timezone.now())
