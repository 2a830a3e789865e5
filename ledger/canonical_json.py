"""Canonical JSON: the one form in which data is hashed and signed."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

CanonicalValue = dict | list | tuple | str | int | bool | None


def _encode_date(value: Any) -> CanonicalValue:
    """Dates become text; floats are refused, because no two languages print them alike."""
    if isinstance(value, datetime):
        return canonical_timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_timestamp(value: datetime | None) -> str | None:
    """An aware datetime as UTC text with microseconds, e.g. "2014-02-06T16:00:00.000000Z" (RFC 3339)."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise TypeError("a moment needs a time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _reject_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("float has no canonical form")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError("keys of a canonical form are text")
            _reject_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _reject_floats(inner)


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_encode_date)


def canonical_json(value: CanonicalValue) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces, after RFC 8785 for the values that occur here.

    `value` holds dicts with text keys, lists, text, whole numbers, booleans, None and dates.
    Raises TypeError for anything else, floats included.
    """
    _reject_floats(value)
    return _encoder.encode(value).encode()


def sha256(data: bytes | str) -> str:
    """The SHA-256 digest as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
