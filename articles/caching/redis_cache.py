"""Django's cache backend on Redis, which is an empty cache while Redis does not answer."""

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache

from database.redis_client import REDIS_OPTIONS, RedisUnavailable, circuit_breaker


class OptionalRedisCache(RedisCache):
    """As `RedisCache`. Without Redis every method returns what Django's DummyCache returns.

    The option `serializer` should name one that does not pickle.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**REDIS_OPTIONS, **params.get("OPTIONS", {})}})
        self._breaker = circuit_breaker(server)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(True, super().add, *args, **kwargs)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(default, super().get, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(None, super().set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(False, super().touch, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(False, super().delete, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> dict:
        return self._try({}, super().get_many, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(False, super().has_key, *args, **kwargs)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError for a key that is not there, such as any key without Redis."""
        found = self._try(None, super().incr, key, delta, version)
        if found is None:
            raise ValueError(f"Key '{key}' not found")
        return found

    def set_many(self, *args: Any, **kwargs: Any) -> list:
        return self._try([], super().set_many, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._try(None, super().delete_many, *args, **kwargs)

    def clear(self) -> bool:
        return self._try(False, super().clear)

    def _try(self, otherwise: Any, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return self._breaker.call(method, *args, **kwargs)
        except RedisUnavailable:
            return otherwise
