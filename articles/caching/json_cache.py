"""JSON serializer for Django's Redis cache, and `cached()`, which signs each value.

Redis is not trusted. Unpickling runs code that the writer of the bytes chose, and a value of another shape breaks a
page.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core import signing
from django.core.cache import cache


class JSONSerializer:
    """Serializer for Django's RedisCache (its option `serializer`)."""

    def dumps(self, value: Any) -> str:
        """Return `value` as JSON. An integer stays a plain number, so that Redis can increment it.

        Raises TypeError if `value` is not JSON.
        """
        return json.dumps(value)

    def loads(self, data: bytes) -> Any:
        """Return the value, or None if `data` is not JSON."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


def cached(key: str, build: Callable[[], Any], seconds: int) -> Any:
    """Return the result of `build()` as JSON gives it back (tuples become lists), at most `seconds` old.

    The signature covers the key and the time. A forged, moved or expired value counts as a miss.
    Raises TypeError if the result is not JSON, with every cache backend.
    """
    salt = f"qianfa cache {key}"
    kept = cache.get(key)
    if isinstance(kept, str):
        try:
            return signing.loads(kept, salt=salt, max_age=seconds)
        except signing.BadSignature:
            pass
    value = json.loads(json.dumps(build()))
    cache.set(key, signing.dumps(value, salt=salt), seconds)
    return value
