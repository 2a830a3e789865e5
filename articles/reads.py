"""Counting reads: once a visitor and window, never staff, crawlers, prefetches or reloads."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from articles.models import Article, Read, RecentRead

WINDOW = timedelta(minutes=30)
CLEAR_EVERY = 200  # counted reads, on average, between two clearings of old notes

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
    text = f"{timezone.localdate(at)}|{request.META['REMOTE_ADDR']}|{request.META.get('HTTP_USER_AGENT', '')}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def counts(request: HttpRequest) -> bool:
    """Whether this request is a person reading: no staff, no crawler, no prefetch."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return (
        not is_crawler(request.headers.get("User-Agent", ""))
        and "prefetch" not in purpose
        and "preview" not in purpose
        and not request.user.is_authenticated
    )


def count_read(article: Article, request: HttpRequest, at: datetime | None = None) -> None:
    """Counts one read, unless the same visitor read the article within WINDOW. Committed when it returns."""
    at = at or timezone.now()
    who = {visitor(request, at), visitor(request, at - WINDOW)}  # just after midnight the salt has changed
    with transaction.atomic():
        earlier = RecentRead.objects.filter(article=article, visitor__in=who, at__gt=at - WINDOW)
        if earlier.exists() or not _claim(article, visitor(request, at), at):
            return
        add(article, timezone.localdate(at))
    if secrets.randbelow(CLEAR_EVERY) == 0:
        clear_old(at)


def _claim(article: Article, who: str, at: datetime) -> bool:
    """Notes the visitor unless somebody did a moment ago: of two simultaneous requests one gets True."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_recentread (article_id, visitor, at) VALUES (%s, %s, %s) "
            "ON CONFLICT (article_id, visitor) DO UPDATE SET at = excluded.at WHERE articles_recentread.at <= %s",
            [article.pk, who, _stored(at), _stored(at - WINDOW)],
        )
        return cursor.rowcount == 1


def _stored(at: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(at)


def add(article: Article, day, count: int = 1) -> None:
    """Adds to the count of a day, in one statement, so that none is lost between two processes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_read (article_id, day, count) VALUES (%s, %s, %s) "
            "ON CONFLICT (article_id, day) DO UPDATE SET count = articles_read.count + excluded.count",
            [article.pk, connection.ops.adapt_datefield_value(day), count],
        )


def total(article_id: int) -> int:
    return Read.objects.filter(article=article_id).aggregate(total=Sum("count"))["total"] or 0


def totals(articles: Collection[int]) -> dict[int, int]:
    """Id of each article that was read → its reads. One query."""
    rows = Read.objects.filter(article__in=articles).values_list("article").annotate(total=Sum("count"))
    return dict(rows.order_by())


class Day(NamedTuple):
    day: date
    count: int


def history(article_id: int, days: int = 30) -> list[Day]:
    """Reads of each of the last days, today the last one, days without a read included."""
    today = timezone.localdate()
    since = today - timedelta(days=days - 1)
    counted = dict(Read.objects.filter(article=article_id, day__gte=since).values_list("day", "count"))
    every = (since + timedelta(days=number) for number in range(days))
    return [Day(day, counted.get(day, 0)) for day in every]


def most_read(*, since: date, most: int = 60) -> list[int]:
    """Ids of the articles that were read most from a day on, live or not, the most read first."""
    counted = Read.objects.filter(day__gte=since).values("article").annotate(total=Sum("count"))
    return list(counted.order_by("-total", "-article").values_list("article", flat=True)[:most])


def clear_old(at: datetime | None = None) -> int:
    """Removes notes of visitors older than the window; returns how many. Idempotent."""
    return RecentRead.objects.filter(at__lte=(at or timezone.now()) - WINDOW).delete()[0]
