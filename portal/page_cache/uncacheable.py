"""Addresses whose last response was not cacheable: their visitors do not wait for one another.

Not cacheable are, for example, 404, 301, 410 and 503, proofs, forms, and pages that are too large.
"""

import time
from typing import NamedTuple

from articles.caching.versions import Versions

REMEMBER_SECONDS = 60  # then one request finds out again while the others wait
MAX_ADDRESSES = 4096


class _Entry(NamedTuple):
    version_key: str
    added_at: float


class UncacheableAddresses:
    """What a process has found out. For all its threads.

    An address is forgotten after REMEMBER_SECONDS, and as soon as anything public changes: an article that was not
    found may just have been published. Only hashes are kept, so long addresses take no memory. If two addresses have
    the same hash, one may be rendered more than once at the same time, and nothing else happens.
    """

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}

    def add(self, key: str, versions: Versions) -> None:
        """Remember the address. `versions`: those that were current before it was rendered."""
        if len(self._entries) >= MAX_ADDRESSES:
            self._entries.clear()
        self._entries[hash(key)] = _Entry(versions.whole_version_key, time.time())

    def discard(self, key: str) -> None:
        self._entries.pop(hash(key), None)

    def contains(self, key: str, versions: Versions) -> bool:
        """Return whether the response at the address was not cacheable, and nothing public has changed since."""
        entry = self._entries.get(hash(key))
        return (
            entry is not None
            and 0 <= time.time() - entry.added_at < REMEMBER_SECONDS
            and entry.version_key == versions.whole_version_key
        )
