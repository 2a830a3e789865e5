"""Redis, which the site can do without: short timeouts, and a pause after each failure.

Every use of Redis goes through a `CircuitBreaker`: the page cache, Django's cache and the reads that wait.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

REDIS_TIMEOUT_SECONDS = 0.25  # for a connection, and for an answer
REDIS_PAUSE_SECONDS = 5  # how long a process leaves a Redis alone that did not answer


class RedisUnavailable(Exception):
    """Redis does not answer, refuses, or is left alone after a failure. The caller does without it."""


class CircuitBreaker:
    """What one process knows of one Redis. For all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused_until = 0.0  # monotonic seconds; 0: Redis answers
        self._warned_at = float("-inf")

    @property
    def is_paused(self) -> bool:
        return time.monotonic() < self._paused_until

    def resume(self) -> None:
        """End the pause."""
        self._paused_until = 0.0

    def call(self, command: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Return `command(*arguments, **options)`. Raise RedisUnavailable."""
        self._admit()
        try:
            found = command(*arguments, **options)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            self._paused_until = time.monotonic() + REDIS_PAUSE_SECONDS
            self._warn("Redis does not answer; the site does without it for %d s: %s", REDIS_PAUSE_SECONDS, error)
            raise RedisUnavailable from error
        except redis.RedisError as error:  # it answers, but refuses: it is full, say, or a key has another type
            self._paused_until = 0.0
            self._warn("Redis answers with an error; the site does without it: %s", error)
            raise RedisUnavailable from error
        self._paused_until = 0.0
        return found

    def _admit(self) -> None:
        """Raise RedisUnavailable during a pause.

        After it one caller tries; until it succeeds, the others still get the error.
        """
        if not self._paused_until:
            return
        with self._lock:
            if self.is_paused:
                raise RedisUnavailable
            if self._paused_until:
                self._paused_until = time.monotonic() + REDIS_PAUSE_SECONDS

    def _warn(self, message: str, *arguments: object) -> None:
        """Log, but no line for each request of an outage."""
        now = time.monotonic()
        if now - self._warned_at >= REDIS_PAUSE_SECONDS:
            self._warned_at = now
            logger.warning(message, *arguments)


@lru_cache
def circuit_breaker(url: str) -> CircuitBreaker:
    """Return the one of this process for the Redis at `url`."""
    return CircuitBreaker()


def connect_to_redis(url: str, **options: Any) -> redis.Redis:
    """Return a client that gives up soon. A call whose connection broke is made once more: it must be safe to repeat.

    `options`: of redis-py.
    """
    return redis.Redis.from_url(url, **REDIS_OPTIONS, **options)


REDIS_OPTIONS = {
    "socket_timeout": REDIS_TIMEOUT_SECONDS,
    "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
    "retry": Retry(NoBackoff(), 1),
}
