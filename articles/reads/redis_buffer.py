"""Read batches in Redis that wait to be flushed to the database.

A batch is a hash (article → reads) for one day of the site. Batch ids are the date plus random bits, because Redis may
be emptied and an id must never come twice. A batch is *open* (reads are added), then *taken* (it changes no more), then
written to the database, then deleted here. Each step is one Lua script, which Redis runs alone, so that a read is in
exactly one batch and a visitor is counted once, however many processes count.

Keys, after the name of the site: `open` (day → id of its open batch), `taken` (ids), `batch:<id>`, `generation` (how
often a batch was taken or deleted), `total:<article>` (all its reads, in the database or not; exists while the
article is known to be live), `read:<article>:<visitor>` and
`address:<article>:<network>` (expire with the counting window), `rest` (exists while
nobody need flush).
"""

import logging
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings

from articles.reads.database import MAX_READS_PER_ADDRESS, READ_WINDOW
from articles.reads.visitors import ADDRESS_DIGITS
from database.redis_client import RedisUnavailable, circuit_breaker, connect_to_redis

logger = logging.getLogger(__name__)

LIVE_TTL_SECONDS = 10  # seconds that an article is taken to be live; what is withdrawn is counted no longer than that
DURABILITY_CHECK_SECONDS = 60
# Batches have no expiry, so these policies evict none. https://redis.io/docs/latest/develop/reference/eviction/
DURABLE_POLICIES = {"noeviction", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}
MAX_BATCH_ARTICLES = 1000  # articles of a batch: what one transaction adds, and what a request that flushes has to do
MAX_FLUSH_INTERVAL_SECONDS = (
    75  # seconds without a flush after which a web process flushes; more than the minute of a timer
)

BATCHES_LUA = """
local site = KEYS[1]
local function batches()
    local found = redis.call('HVALS', site .. 'open')
    for _, number in ipairs(redis.call('SMEMBERS', site .. 'taken')) do found[#found + 1] = number end
    return found
end
"""
# Sets the total from what the database said, unless a batch went on its way meanwhile: then nobody can tell whether
# the database's figure has it or not.
SET_TOTAL_LUA = """
if (redis.call('GET', site .. 'changes') or '0') == ARGV[11] then
    local sum, flushed = tonumber(ARGV[12]), {}
    for place = 14, #ARGV do flushed[ARGV[place]] = true end
    for _, number in ipairs(batches()) do
        if not flushed[number] then
            sum = sum + tonumber(redis.call('HGET', site .. 'batch:' .. number, ARGV[1]) or 0)
        end
    end
    redis.call('SET', site .. 'total:' .. ARGV[1], sum, 'PX', ARGV[13])
end
"""
COUNT_LUA = """
local article, visitor, earlier, window, day, fresh, largest, pause, network, most = unpack(ARGV, 1, 10)
local total = redis.call('GET', site .. 'total:' .. article)
if not total then
    local unknown = {-1, redis.call('GET', site .. 'changes') or '0'}
    for _, number in ipairs(batches()) do unknown[#unknown + 1] = number end
    return unknown
end
local flush = 0
local note = site .. 'read:' .. article .. ':'
local address = site .. 'address:' .. article .. ':' .. network
if visitor ~= '' and redis.call('EXISTS', note .. earlier) == 0
        and tonumber(redis.call('GET', address) or 0) < tonumber(most)
        and redis.call('SET', note .. visitor, '', 'NX', 'PX', window) then
    if redis.call('INCR', address) == 1 then redis.call('PEXPIRE', address, window) end
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
PENDING_LUA = """
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
CLOSE_BATCHES_LUA = """
local opened = redis.call('HVALS', site .. 'open')
for _, number in ipairs(opened) do redis.call('SADD', site .. 'taken', number) end
if #opened > 0 then
    redis.call('DEL', site .. 'open')
    redis.call('INCR', site .. 'changes')
end
redis.call('SET', site .. 'rest', '', 'PX', ARGV[1])
return redis.call('SMEMBERS', site .. 'taken')
"""
DELETE_BATCH_LUA = """
if redis.call('SREM', site .. 'taken', ARGV[1]) == 1 then
    redis.call('UNLINK', site .. 'batch:' .. ARGV[1])
    redis.call('INCR', site .. 'changes')
end
"""


class UnexpectedForm(RedisUnavailable):
    """A value in Redis does not have the form in which this module writes it."""


@contextmanager
def _expected_form() -> Iterator[None]:
    """Raise UnexpectedForm if a value in Redis does not have the form in which this module writes it."""
    try:
        yield
    except (ValueError, TypeError, IndexError) as error:
        logger.warning("Redis holds values that this site did not write; they are not used: %s", error)
        raise UnexpectedForm from error


class CountResult(NamedTuple):
    total: int
    should_flush: bool  # whether the caller is the one that should flush now


class UnknownTotal(NamedTuple):
    """The total is not known here. With what the database says, `count` can be asked again, by `known_total`."""

    generation: str
    batches: list[str]


class PendingReads(NamedTuple):
    totals: dict[int, int]  # article → all its reads, where that is known here
    batches: dict[str, dict[int, int]]  # of the other articles: batch → article → reads that wait in it


class ReadBuffer:
    """One site's reads in one Redis. Threads may share it, and processes that are forked after it was made."""

    def __init__(self, url: str) -> None:
        # A script that was run and whose answer got lost is run again: the visitor is noted then, and counts once.
        # Somebody else may have written bytes that are no text: "replace".
        self.client = connect_to_redis(url, decode_responses=True, encoding_errors="replace")
        self.breaker = circuit_breaker(url)
        self.key_prefix = f"{settings.SEAL_SITE}:reads:"
        self._outdated: set[int] = set()  # articles of which a read was counted in the database alone
        self._is_durable, self._checked_at = False, float("-inf")  # monotonic seconds
        sources = {
            "settle": SET_TOTAL_LUA + COUNT_LUA,
            "count": COUNT_LUA,
            "waiting": PENDING_LUA,
            "take": CLOSE_BATCHES_LUA,
            "finish": DELETE_BATCH_LUA,
        }
        self._scripts = {name: self.client.register_script(BATCHES_LUA + text) for name, text in sources.items()}

    def count(
        self, article: int, visitor: str, earlier_visitor: str, day: date, known_total: Iterable[object] = ()
    ) -> CountResult | UnknownTotal:
        """Counts a read, unless the visitor is noted under one of the two hashes; with `visitor` "" only looks.

        `known_total`: see `known_total_args`. Raises RedisUnavailable, also when Redis could lose the read.
        """
        self._require_durability()
        self._delete_outdated_totals()
        arguments = [article, visitor, earlier_visitor, int(READ_WINDOW.total_seconds() * 1000)]
        arguments += [day.isoformat(), secrets.token_hex(8), MAX_BATCH_ARTICLES, MAX_FLUSH_INTERVAL_SECONDS * 1000]
        arguments += [visitor[:ADDRESS_DIGITS], MAX_READS_PER_ADDRESS]
        answer = self._run_script("settle" if known_total else "count", [*arguments, *known_total])
        with _expected_form():
            if answer[0] == -1:
                return UnknownTotal(answer[1], answer[2:])
            return CountResult(answer[0], answer[1] == 1)

    @staticmethod
    def known_total_args(unknown: UnknownTotal, total: int, flushed: Collection[str], seconds: float) -> list[object]:
        """For `count`: the database's total, which has the `flushed` batches, holds for so many seconds."""
        return [unknown.generation, total, max(1, int(seconds * 1000)), *flushed]

    def pending(self, articles: Collection[int]) -> PendingReads:
        """One question, however many articles. Raises RedisUnavailable."""
        asked = list(articles)
        totals, waiting = self._run_script("waiting", asked)
        batches: dict[str, dict[int, int]] = {}
        known = zip(asked, totals, strict=True)
        with _expected_form():
            for number, article, count in waiting:
                batches.setdefault(number, {})[article] = count
            return PendingReads({pk: int(total) for pk, total in known if total is not None}, batches)

    def close_batches(self) -> list[str]:
        """Closes the open batches, and returns the numbers of all that are on their way. Raises RedisUnavailable."""
        return sorted(self._run_script("take", [MAX_FLUSH_INTERVAL_SECONDS * 1000]))

    def batch_counts(self, batch: str) -> dict[int, int]:
        """Article → reads of a taken batch; empty when somebody else has finished it.

        Raises RedisUnavailable, which UnexpectedForm is too.
        """
        found = self._call(self.client.hgetall, f"{self.key_prefix}batch:{batch}")
        with _expected_form():
            return {int(pk): int(count) for pk, count in found.items()}

    def delete_batch(self, batch: str) -> None:
        """Deletes a batch that is in the database. Raises RedisUnavailable."""
        self._run_script("finish", [batch])

    def request_flush(self) -> None:
        """Lets the next read flush again, for not everything was flushed. Raises RedisUnavailable."""
        self._call(self.client.delete, f"{self.key_prefix}rest")

    def note_read_elsewhere(self, article: int) -> None:
        """Note that a read was counted in the database while Redis was away: the total here is too low.

        Totals expire after LIVE_TTL_SECONDS anyway, so no more than MAX_BATCH_ARTICLES articles are noted.
        """
        if len(self._outdated) >= MAX_BATCH_ARTICLES:
            self._outdated.clear()
        self._outdated.add(article)

    def _delete_outdated_totals(self) -> None:
        if outdated := self._outdated:
            self._outdated = set()
            try:
                self._call(self.client.delete, *(f"{self.key_prefix}total:{article}" for article in outdated))
            except RedisUnavailable:
                self._outdated |= outdated
                raise

    def _require_durability(self) -> None:
        """Raise RedisUnavailable if Redis could lose what it was told: at its own end, or to make room for other keys.

        Its settings are read at most every DURABILITY_CHECK_SECONDS.
        """
        now = time.monotonic()
        if now - self._checked_at >= DURABILITY_CHECK_SECONDS:
            known = self._call(self.client.info)
            self._checked_at = now
            self._is_durable = known.get("aof_enabled") == 1 and known.get("maxmemory_policy") in DURABLE_POLICIES
            if not self._is_durable:
                logger.warning(
                    "Redis could lose reads (appendonly must be yes, and maxmemory-policy noeviction or volatile-…); "
                    "they are counted in the database"
                )
        if not self._is_durable:
            raise RedisUnavailable

    def _run_script(self, script: str, arguments: list[object]) -> Any:
        return self._call(self._scripts[script], keys=[self.key_prefix], args=arguments)

    def _call(self, command: Any, *arguments: object, **named: object) -> Any:
        return self.breaker.call(command, *arguments, **named)


@lru_cache
def _connect(url: str) -> ReadBuffer:
    return ReadBuffer(url)


def get_buffer() -> ReadBuffer | None:
    """This process's buffer; None when the site has no Redis."""
    return _connect(settings.REDIS_URL) if settings.REDIS_URL else None


def batch_day(batch: str) -> date:
    """The day of the site on which the reads of a batch were made. Raises UnexpectedForm if its name has none."""
    with _expected_form():
        return date.fromisoformat(batch.partition(":")[0])
