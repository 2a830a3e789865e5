"""The one canonical form in which things are hashed and signed."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

Plain = dict | list | tuple | str | int | bool | None


def _plain(value: Any) -> Plain:
    """Dates become text; floats are refused, because no two languages print them alike."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def moment(value: datetime | None) -> str | None:
    """An aware datetime as UTC text with microseconds, e.g. "2014-02-06T16:00:00.000000Z" (RFC 3339)."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise TypeError("a moment needs a time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _no_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("float has no canonical form")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError("keys of a canonical form are text")
            _no_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _no_floats(inner)


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def canonical(value: Plain) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces, after RFC 8785 for the values that occur here.

    `value` holds dicts with text keys, lists, text, whole numbers, booleans, None and dates.
    Raises TypeError for anything else, floats included.
    """
    _no_floats(value)
    return _encoder.encode(value).encode()


def sha256(data: bytes | str) -> str:
    """The SHA-256 digest as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
