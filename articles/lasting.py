"""What many pages show or ask is made once and lasts until something of it changes.

What stands on every page (identity, navigation, footer) lasts until the site changes; what belongs to a department,
until that does. Seals are checked when a thing is made, and again after AGAIN seconds, so that tampering is noticed
though nobody acted.
"""

import time
from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar, cast

from django.db import connection

from articles import versions

Made = TypeVar("Made")
AGAIN = 60
MOST = 5000  # things; a menu stands there once for each department and language


class _Kept(NamedTuple):
    """What was made as of a stamp, at a moment of the steady clock."""

    stamp: str
    made_at: float
    thing: object


_kept: dict[Hashable, _Kept] = {}


def forget(key: Hashable) -> None:
    """Makes the thing anew at its next use, for a reason that no version tells of. In this process."""
    _kept.pop(key, None)


def lasting(key: Hashable, make: Callable[[], Made], *departments: int) -> Made:
    """What `make` gives, or gave for the same key since the site, or one of `departments`, changed last.

    Nobody may change what comes out. Within a transaction it is made each time: others do not see yet what was
    changed there.
    """
    if connection.in_atomic_block:
        return make()
    # The stamp first: what is made after it may be newer, never older.
    present = versions.current()
    stamp = present.stamp(departments) if departments else present.site
    found, now = _kept.get(key), time.monotonic()
    if found is None or found.stamp != stamp or now - found.made_at > AGAIN:
        if len(_kept) > MOST:
            _kept.clear()
        found = _kept[key] = _Kept(stamp, now, make())
    return cast(Made, found.thing)
