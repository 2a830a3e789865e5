"""What stands on every page (identity, navigation, footer) is made once and lasts until the site changes.

Its seals are checked when it is made, and again after AGAIN seconds, so that tampering is noticed though nobody acted.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django.db import connection

from articles import versions

Made = TypeVar("Made")
AGAIN = 60
MOST = 5000  # things; a menu stands there once for each department and language


@dataclass
class _Kept:
    """What was made as of one stamp of the site, since `begun` (of the steady clock)."""

    stamp: str = ""
    begun: float = 0.0
    things: dict[Hashable, Any] = field(default_factory=dict)


class _Process:
    kept = _Kept()


def lasting(key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` gives, or gave for the same key since the site changed last. Nobody may change what comes out.

    Within a transaction it is made each time: others do not see yet what was changed there.
    """
    if connection.in_atomic_block:
        return make()
    # The stamp first: what is made after it may be newer, never older.
    stamp, kept = versions.current().site, _Process.kept
    if kept.stamp != stamp or time.monotonic() - kept.begun > AGAIN or len(kept.things) > MOST:
        kept = _Process.kept = _Kept(stamp, time.monotonic())
    if key not in kept.things:
        kept.things[key] = make()
    return cast(Made, kept.things[key])
