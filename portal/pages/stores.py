"""Where kept pages lie: in the memory of the process, and in Redis, which all processes and nodes share."""

import hashlib
import hmac
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

import redis
from django.conf import settings
from redis.exceptions import RedisError

from portal.pages.page import OLDEST, Page

logger = logging.getLogger(__name__)

MOST_BYTES = 32 * 1024 * 1024  # in the memory of a process
LARGEST = 1024 * 1024  # a page that is larger is not kept
TIMEOUT = 0.25  # seconds for an answer of Redis, which is then left alone for REST seconds
REST = 5
RENDERING = 5  # seconds for which one process is trusted to be rendering
SIGNED = 32  # bytes of the signature before a page in Redis


class Memory:
    """The pages asked for last, up to MOST_BYTES. For all threads of a process."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.bytes = most, 0
        self.pages: OrderedDict[str, tuple[Page, int]] = OrderedDict()
        self.lock = Lock()

    def get(self, key: str) -> Page | None:
        found = self.pages.get(key)
        if found is None:
            return None
        with suppress(KeyError):  # another thread may have dropped it meanwhile
            self.pages.move_to_end(key)
        return found[0]

    def put(self, key: str, page: Page) -> None:
        size = page.size * 3 // 2  # its compressed forms come later
        with self.lock:
            self.drop(key)
            self.pages[key] = page, size
            self.bytes += size
            while self.bytes > self.most:
                _key, (_page, freed) = self.pages.popitem(last=False)
                self.bytes -= freed

    def drop(self, key: str) -> None:
        if found := self.pages.pop(key, None):
            self.bytes -= found[1]

    def clear(self) -> None:
        with self.lock:
            self.pages.clear()
            self.bytes = 0


class Shared:
    """Pages in Redis, each signed with a key made from SECRET_KEY: whoever writes there puts no words on the site.

    Redis that does not answer is as good as none: each call then gives what an empty one would.
    """

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        self.resting_until = 0.0

    def get(self, key: str) -> Page | None:
        data = self._ask("get", self._name("page", key))
        if not data:
            return None
        if not hmac.compare_digest(data[:SIGNED], self._signature(key, data[SIGNED:])):
            logger.warning("a kept page in Redis was not written by this site; it is not used")
            return None
        try:
            return Page.unpacked(data[SIGNED:])
        except ValueError:
            return None

    def put(self, key: str, page: Page) -> None:
        data = page.packed()
        self._ask("set", self._name("page", key), self._signature(key, data) + data, ex=OLDEST)

    def begin(self, key: str) -> bool:
        """Takes the rendering of a page upon this process; False when another one is at it."""
        taken = self._ask("set", self._name("rendering", key), b"1", nx=True, px=RENDERING * 1000)
        return bool(taken) or self._rests()  # without Redis nobody can be waited for

    def end(self, key: str) -> None:
        self._ask("delete", self._name("rendering", key))

    def _ask(self, command: str, *values: object, **options: object) -> object:
        if self._rests():
            return None
        try:
            return getattr(self.client, command)(*values, **options)
        except RedisError:
            logger.exception("Redis does not answer; pages are kept by each process alone for a while")
            self.resting_until = time.monotonic() + REST
            return None

    def _rests(self) -> bool:
        return time.monotonic() < self.resting_until

    def _name(self, kind: str, key: str) -> str:
        return f"qianfa:{kind}:{hashlib.blake2b(f'{code()} {key}'.encode(), digest_size=20).hexdigest()}"

    def _signature(self, key: str, data: bytes) -> bytes:
        secret = hashlib.blake2b(b"qianfa kept page " + settings.SECRET_KEY.encode(), digest_size=64).digest()
        # The key is signed too: else a good page could be put at another address.
        return hashlib.blake2b(key.encode() + b"\n" + data, key=secret, digest_size=SIGNED).digest()


@cache
def code() -> str:
    """A digest of what pages are made with: after an upgrade those of the old version are not found any more."""
    found = hashlib.blake2b(digest_size=8)
    folders = [settings.BASE_DIR / name for name in ("templates", "locale", "articles", "portal")]
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in (".html", ".mo", ".py"))
    for file in [*files, Path(settings.STATIC_ROOT) / "staticfiles.json"]:
        if file.is_file():
            found.update(file.read_bytes())
    found.update(f"{settings.SITE_URL} {settings.SEAL_SITE}".encode())
    return found.hexdigest()


def shared() -> Shared | None:
    """The store that REDIS_URL names; None without one."""
    return Shared(settings.REDIS_URL) if settings.REDIS_URL else None
