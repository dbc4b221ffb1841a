"""Django's Redis cache with JSON in it: whoever can write into Redis must not run code here.

A value that is not ours, or no longer whole, is as good as none: each reader asks for what it needs
anew, and a counter begins again.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ResponseError

# Replies of Redis about a value of another kind, or a counter that is no number.
_NOT_OURS = ("WRONGTYPE", "value is not an integer", "increment or decrement would overflow")
_NOTHING = object()


def _no_such_number(_text: str) -> float:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


class JsonSerializer:
    """Writes JSON; counters are plain integers, so that Redis can count on."""

    def dumps(self, obj: Any) -> str:
        """Return the text; raise ``TypeError`` for what JSON has no form for."""
        return json.dumps(obj, allow_nan=False)

    def loads(self, data: bytes) -> Any:
        """Return the value, or a mark that there is none."""
        try:
            return json.loads(data, parse_constant=_no_such_number, parse_float=_finite)
        except (ValueError, RecursionError):
            return _NOTHING


class _Client(RedisCacheClient):
    """Django's client, for which what cannot be read is not there."""

    def get(self, key: Any, default: Any) -> Any:
        found = self._read(key, default)
        return default if found is _NOTHING else found

    def get_many(self, keys: Any) -> dict[Any, Any]:
        found = super().get_many(keys)
        return {key: value for key, value in found.items() if value is not _NOTHING}

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        """Add a value where there is none that can be read."""
        if super().add(key, value, timeout):
            return True
        # A key that went meanwhile is left alone: by now it may be the lock of another process.
        if self._read(key, None) is not _NOTHING:
            return False
        self.delete(key)
        return bool(super().add(key, value, timeout))

    def incr(self, key: Any, delta: int) -> int:
        """Count on; raise ``ValueError`` where there is no counter, or none that is a number."""
        try:
            return int(super().incr(key, delta))
        except ResponseError as error:
            _require_not_ours(error)
            self.delete(key)
            raise ValueError from None

    def _read(self, key: Any, default: Any) -> Any:
        """Return the value, ``default`` where there is none, the mark where it is not ours."""
        try:
            return super().get(key, default)
        except ResponseError as error:
            _require_not_ours(error)
            return _NOTHING


def _require_not_ours(error: ResponseError) -> None:
    if not str(error).startswith(_NOT_OURS):
        raise error


def _are_moments(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) in (int, float) for each in value)


# Shapes of values that other packages read out of it, by the beginning of the key: they do not
# look.
_SHAPES: Mapping[str, Callable[[Any], bool]] = {"allauth:rl:": _are_moments}


class JsonRedisCache(RedisCache):
    """The cache of this project."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        params["OPTIONS"] = {**params.get("OPTIONS", {}), "serializer": JsonSerializer}
        super().__init__(server, params)
        self._class = _Client

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or ``default`` where there is none that its readers could take."""
        found = super().get(key, _NOTHING, version)
        fits = next((fits for start, fits in _SHAPES.items() if key.startswith(start)), None)
        return default if found is _NOTHING or (fits and not fits(found)) else found
