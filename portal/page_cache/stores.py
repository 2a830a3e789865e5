"""Stores of the page cache: process memory, and Redis."""

import hashlib
import hmac
import logging
from collections import OrderedDict
from contextlib import suppress
from threading import Lock

from django.conf import settings

from database.redis_client import RedisUnavailable, circuit_breaker, connect_to_redis
from portal.page_cache.build import build_digest
from portal.page_cache.page import MAX_AGE_SECONDS, CachedPage

logger = logging.getLogger(__name__)

MAX_MEMORY_BYTES = 32 * 1024 * 1024  # in the memory of a process
MAX_PAGE_BYTES = 1024 * 1024  # a page that is larger is not kept
RENDER_TIMEOUT_SECONDS = 5  # seconds for which one process is trusted to be rendering
MAC_BYTES = 32  # bytes of the signature before a page in Redis


class MemoryStore:
    """The pages asked for last, up to MAX_MEMORY_BYTES. For all threads of a process."""

    def __init__(self, max_bytes: int = MAX_MEMORY_BYTES) -> None:
        self.max_bytes, self.used_bytes = max_bytes, 0
        self.pages: OrderedDict[str, tuple[CachedPage, int]] = OrderedDict()
        self.lock = Lock()

    def get(self, key: str) -> CachedPage | None:
        found = self.pages.get(key)
        if found is None:
            return None
        with suppress(KeyError):  # another thread may have dropped it meanwhile
            self.pages.move_to_end(key)
        return found[0]

    def put(self, key: str, page: CachedPage) -> None:
        size = page.size * 3 // 2  # its compressed forms come later
        with self.lock:
            self.drop(key)
            self.pages[key] = page, size
            self.used_bytes += size
            while self.used_bytes > self.max_bytes:
                _key, (_page, freed) = self.pages.popitem(last=False)
                self.used_bytes -= freed

    def drop(self, key: str) -> None:
        if found := self.pages.pop(key, None):
            self.used_bytes -= found[1]

    def clear(self) -> None:
        with self.lock:
            self.pages.clear()
            self.used_bytes = 0


class RedisStore:
    """Pages in Redis, each signed with a key made from SECRET_KEY: whoever writes there puts no words on the site.

    Redis that does not answer is as good as none: each call then gives what an empty one would.
    """

    def __init__(self, url: str) -> None:
        self.client, self.breaker = connect_to_redis(url), circuit_breaker(url)

    def get(self, key: str) -> CachedPage | None:
        data = self._call("get", self._redis_key("page", key))
        if not data:
            return None
        if not hmac.compare_digest(data[:MAC_BYTES], self._mac(key, data[MAC_BYTES:])):
            logger.warning("a kept page in Redis was not written by this site; it is not used")
            return None
        try:
            return CachedPage.from_bytes(data[MAC_BYTES:])
        except ValueError:
            return None

    def put(self, key: str, page: CachedPage) -> None:
        data = page.to_bytes()
        self._call("set", self._redis_key("page", key), self._mac(key, data) + data, ex=MAX_AGE_SECONDS)

    def acquire_render_lock(self, key: str) -> bool:
        """Takes the rendering of a page upon this process; False when another one is at it."""
        name, milliseconds = self._redis_key("rendering", key), RENDER_TIMEOUT_SECONDS * 1000
        try:
            return bool(self.breaker.call(self.client.set, name, b"1", nx=True, px=milliseconds))
        except RedisUnavailable:
            return True  # nobody can be waited for

    def release_render_lock(self, key: str) -> None:
        self._call("delete", self._redis_key("rendering", key))

    def _call(self, command: str, *values: object, **options: object) -> object:
        try:
            return self.breaker.call(getattr(self.client, command), *values, **options)
        except RedisUnavailable:
            return None

    def _redis_key(self, kind: str, key: str) -> str:
        digest = hashlib.blake2b(f"{build_digest()} {key}".encode(), digest_size=20).hexdigest()
        return f"{settings.SEAL_SITE}:{kind}:{digest}"

    def _mac(self, key: str, data: bytes) -> bytes:
        secret = hashlib.blake2b(b"qianfa kept page " + settings.SECRET_KEY.encode(), digest_size=64).digest()
        # The key is signed too: else a good page could be put at another address.
        return hashlib.blake2b(key.encode() + b"\n" + data, key=secret, digest_size=MAC_BYTES).digest()


def redis_store() -> RedisStore | None:
    """The store that REDIS_URL names; None without one."""
    return RedisStore(settings.REDIS_URL) if settings.REDIS_URL else None
