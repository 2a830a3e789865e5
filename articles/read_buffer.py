"""Reads that wait in Redis until they are added to the database, in batches.

A batch is a hash (article → reads) of one day of the site. Its number says the day and is random beside: Redis may be
emptied, and a number must never come twice. A batch is *open* (reads are added), then *taken* (it changes no more),
then in the database, then deleted here. Each step is one script, which Redis runs alone, so that a read is in exactly
one batch and a visitor is counted once, however many processes count.

Keys, after the name of the site: `open` (day → number of its open batch), `taken` (numbers), `batch:<number>`,
`changes` (how often a batch was taken or deleted), `total:<article>` (all its reads, in the database or not; there
while the article is known to be live), `read:<article>:<visitor>` (for WINDOW), `rest` (while nobody need flush).
"""

import logging
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from articles.read_rows import WINDOW

logger = logging.getLogger(__name__)

ANSWERS_WITHIN = 0.5  # seconds; a visitor waits no longer for a Redis that is gone
LEFT_ALONE = 5  # seconds that a process does not ask a Redis that did not answer
LIVE_FOR = 10  # seconds that an article is taken to be live; what is withdrawn is counted no longer than that
LARGEST = 1000  # articles of a batch: what one transaction adds, and what a request that flushes has to do
FLUSHED_EVERY = 75  # seconds without a flush after which a web process flushes; more than the minute of a timer

BATCHES = """
local site = KEYS[1]
local function batches()
    local found = redis.call('HVALS', site .. 'open')
    for _, number in ipairs(redis.call('SMEMBERS', site .. 'taken')) do found[#found + 1] = number end
    return found
end
"""
# Sets the total from what the database said, unless a batch went on its way meanwhile: then nobody can tell whether
# the database's figure has it or not.
SETTLE = """
if (redis.call('GET', site .. 'changes') or '0') == ARGV[9] then
    local sum, flushed = tonumber(ARGV[10]), {}
    for place = 12, #ARGV do flushed[ARGV[place]] = true end
    for _, number in ipairs(batches()) do
        if not flushed[number] then
            sum = sum + tonumber(redis.call('HGET', site .. 'batch:' .. number, ARGV[1]) or 0)
        end
    end
    redis.call('SET', site .. 'total:' .. ARGV[1], sum, 'PX', ARGV[11])
end
"""
COUNT = """
local article, visitor, earlier, window, day, fresh, largest, pause = unpack(ARGV, 1, 8)
local total = redis.call('GET', site .. 'total:' .. article)
if not total then
    local unknown = {-1, redis.call('GET', site .. 'changes') or '0'}
    for _, number in ipairs(batches()) do unknown[#unknown + 1] = number end
    return unknown
end
local flush = 0
local note = site .. 'read:' .. article .. ':'
if visitor ~= '' and redis.call('EXISTS', note .. earlier) == 0
        and redis.call('SET', note .. visitor, '', 'NX', 'PX', window) then
    local number = redis.call('HGET', site .. 'open', day)
    if number and redis.call('HLEN', site .. 'batch:' .. number) >= tonumber(largest)
            and redis.call('HEXISTS', site .. 'batch:' .. number, article) == 0 then
        redis.call('SADD', site .. 'taken', number)
        redis.call('INCR', site .. 'changes')
        number = false
    end
    if not number then
        number = day .. ':' .. fresh
        redis.call('HSET', site .. 'open', day, number)
    end
    redis.call('HINCRBY', site .. 'batch:' .. number, article, 1)
    total = redis.call('INCR', site .. 'total:' .. article)
    if redis.call('SET', site .. 'rest', '', 'NX', 'PX', pause) then flush = 1 end
end
return {tonumber(total), flush}
"""
WAITING = """
local totals, waiting = {}, {}
local numbers = false
for place, article in ipairs(ARGV) do
    totals[place] = redis.call('GET', site .. 'total:' .. article)
    if not totals[place] then
        numbers = numbers or batches()
        for _, number in ipairs(numbers) do
            local count = redis.call('HGET', site .. 'batch:' .. number, article)
            if count then waiting[#waiting + 1] = {number, tonumber(article), tonumber(count)} end
        end
    end
end
return {totals, waiting}
"""
TAKE = """
local opened = redis.call('HVALS', site .. 'open')
for _, number in ipairs(opened) do redis.call('SADD', site .. 'taken', number) end
if #opened > 0 then
    redis.call('DEL', site .. 'open')
    redis.call('INCR', site .. 'changes')
end
redis.call('SET', site .. 'rest', '', 'PX', ARGV[1])
return redis.call('SMEMBERS', site .. 'taken')
"""
FINISH = """
if redis.call('SREM', site .. 'taken', ARGV[1]) == 1 then
    redis.call('UNLINK', site .. 'batch:' .. ARGV[1])
    redis.call('INCR', site .. 'changes')
end
"""


class Unavailable(Exception):
    """Redis does not answer, or refuses; reads are counted in the database meanwhile."""


@contextmanager
def _expected_form() -> Iterator[None]:
    """Raise Unavailable if the values in Redis do not have the form in which this module writes them."""
    try:
        yield
    except (ValueError, TypeError, IndexError) as error:
        logger.warning("Redis holds values that this site did not write; they are not used: %s", error)
        raise Unavailable from error


class Counted(NamedTuple):
    total: int
    flush: bool  # whether the caller is the one that should flush now


class Unknown(NamedTuple):
    """The total is not known here. With what the database says, `count` can be asked again, by `settled`."""

    changes: str
    batches: list[str]


class Waiting(NamedTuple):
    totals: dict[int, int]  # article → all its reads, where that is known here
    batches: dict[str, dict[int, int]]  # of the other articles: batch → article → reads that wait in it


class Buffer:
    """One site's reads in one Redis. Threads may share it, and processes that are forked after it was made."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(
            url,
            socket_timeout=ANSWERS_WITHIN,
            socket_connect_timeout=ANSWERS_WITHIN,
            # A script that was run and whose answer got lost is run again: the visitor is noted then, and counts once.
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
        self.site = f"{settings.SEAL_SITE}:reads:"
        self._asleep_until = 0.0
        plain = {"settle": SETTLE + COUNT, "count": COUNT, "waiting": WAITING, "take": TAKE, "finish": FINISH}
        self._scripts = {name: self.client.register_script(BATCHES + text) for name, text in plain.items()}

    def count(
        self, article: int, visitor: str, earlier: str, day: date, settled: Iterable[object] = ()
    ) -> Counted | Unknown:
        """Counts a read, unless the visitor is noted under one of the two hashes; with `visitor` "" only looks.

        `settled`: see `settled_by`. Raises Unavailable.
        """
        arguments = [article, visitor, earlier, int(WINDOW.total_seconds() * 1000)]
        arguments += [day.isoformat(), secrets.token_hex(8), LARGEST, FLUSHED_EVERY * 1000]
        answer = self._run("settle" if settled else "count", [*arguments, *settled])
        with _expected_form():
            if answer[0] == -1:
                return Unknown(answer[1], answer[2:])
            return Counted(answer[0], answer[1] == 1)

    @staticmethod
    def settled_by(unknown: Unknown, total: int, flushed: Collection[str], seconds: float) -> list[object]:
        """For `count`: the database's total, which has the `flushed` batches, holds for so many seconds."""
        return [unknown.changes, total, max(1, int(seconds * 1000)), *flushed]

    def waiting(self, articles: Collection[int]) -> Waiting:
        """One question, however many articles. Raises Unavailable."""
        asked = list(articles)
        totals, waiting = self._run("waiting", asked)
        batches: dict[str, dict[int, int]] = {}
        for number, article, count in waiting:
            batches.setdefault(number, {})[article] = count
        known = zip(asked, totals, strict=True)
        with _expected_form():
            return Waiting({pk: int(total) for pk, total in known if total is not None}, batches)

    def take(self) -> list[str]:
        """Closes the open batches, and returns the numbers of all that are on their way. Raises Unavailable."""
        return sorted(self._run("take", [FLUSHED_EVERY * 1000]))

    def contents(self, batch: str) -> dict[int, int]:
        """Article → reads of a taken batch; empty when somebody else has finished it. Raises Unavailable."""
        found = self._ask(self.client.hgetall, f"{self.site}batch:{batch}")
        with _expected_form():
            return {int(pk): int(count) for pk, count in found.items()}

    def finish(self, batch: str) -> None:
        """Deletes a batch that is in the database. Raises Unavailable."""
        self._run("finish", [batch])

    def hurry(self) -> None:
        """Lets the next read flush again, for not everything was flushed. Raises Unavailable."""
        self._ask(self.client.delete, f"{self.site}rest")

    def _run(self, script: str, arguments: list[object]) -> Any:
        return self._ask(self._scripts[script], keys=[self.site], args=arguments)

    def _ask(self, question: Any, *arguments: object, **named: object) -> Any:
        if time.monotonic() < self._asleep_until:
            raise Unavailable
        try:
            return question(*arguments, **named)
        except redis.RedisError as error:
            self._asleep_until = time.monotonic() + LEFT_ALONE
            logger.warning("Redis does not answer; reads are counted in the database for %d s: %s", LEFT_ALONE, error)
            raise Unavailable from error


@lru_cache
def _opened(url: str) -> Buffer:
    return Buffer(url)


def buffer() -> Buffer | None:
    """This process's buffer; None when the site has no Redis."""
    return _opened(settings.REDIS_URL) if settings.REDIS_URL else None


def day_of(batch: str) -> date:
    """The day of the site on which the reads of a batch were made. Raises Unavailable if its name has none."""
    with _expected_form():
        return date.fromisoformat(batch.partition(":")[0])
