"""Per-process memo of values that stay valid until a version of their scope changes.

Identity, navigation and footer stand on every page and are valid until the site's version changes; a department's part
is valid until its own version changes. Seals are checked when a value is computed, and again after
MAX_ENTRY_AGE_SECONDS, so that tampering is noticed although no version changed.
"""

import time
from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar, cast

from django.db import connection

from articles.caching import versions

T = TypeVar("T")
MAX_ENTRY_AGE_SECONDS = 60
MAX_MEMO_ENTRIES = 5000  # things; a menu stands there once for each department and language


class _Entry(NamedTuple):
    """What was made as of a stamp, at a moment of the steady clock."""

    version_key: str
    created_at: float
    value: object


_entries: dict[Hashable, _Entry] = {}


def invalidate(key: Hashable) -> None:
    """Compute the value again at its next use. For changes that no version covers; in this process only."""
    _entries.pop(key, None)


def memoize_by_version(key: Hashable, compute: Callable[[], T], *departments: int) -> T:
    """What `compute` gives, or gave for the same key since the site, or one of `departments`, changed last.

    Nobody may change what comes out. Within a transaction it is made each time: others do not see yet what was
    changed there.
    """
    if connection.in_atomic_block:
        return compute()
    # Read the version first: a value computed after it can be newer than its key, never older.
    versions_now = versions.current_versions()
    version_key = versions_now.version_key(departments) if departments else versions_now.site_version_key
    entry, now = _entries.get(key), time.monotonic()
    if entry is None or entry.version_key != version_key or now - entry.created_at > MAX_ENTRY_AGE_SECONDS:
        if len(_entries) > MAX_MEMO_ENTRIES:
            _entries.clear()
        entry = _entries[key] = _Entry(version_key, now, compute())
    return cast(T, entry.value)
