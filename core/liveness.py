"""Liveness of beat and the workers: when they last showed it, as far as the cache remembers.

Two marks, since they fail apart: beat makes its own when it has queued something, a worker makes
one when it takes up the sweep. Both are hints: an emptied cache forgets them until the next sweep.
"""

import time
from datetime import UTC, datetime

from django.core.cache import cache
from redis.exceptions import RedisError

_BEAT, _WORKER = "beat-seen-at", "worker-seen-at"
# Beat queues several jobs in the same instant; one mark is enough for them.
_NOT_MORE_OFTEN = 1.0


class Pulse:
    """One mark; this process makes it at most once a second."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._made = float("-inf")

    def mark(self) -> None:
        """Mark this moment. A cache that is away is no reason to stop working."""
        if time.monotonic() - self._made < _NOT_MORE_OFTEN:
            return
        self._made = time.monotonic()
        try:
            cache.set(self._key, time.time(), timeout=None)
        except (RedisError, OSError):
            self._made = float("-inf")

    def seen_at(self) -> datetime | None:
        """Return when the mark was last made; None if never, or if the cache cannot be asked."""
        try:
            found = cache.get(self._key)
        except (RedisError, OSError):
            return None
        return _moment(found)


def _moment(found: object) -> datetime | None:
    """Return the moment, in UTC; None for what nobody of ours has put there."""
    if not isinstance(found, float):
        return None
    try:
        return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        return None


beat_pulse = Pulse(_BEAT)
worker_pulse = Pulse(_WORKER)


def beat_seen_at() -> datetime | None:
    """Return when beat last queued a job, in UTC; None if never, or if Redis cannot be asked.

    While beat runs and reaches the broker this is never older than ``RELAY_SWEEP_EVERY``.
    """
    return beat_pulse.seen_at()


def worker_seen_at() -> datetime | None:
    """Return when any worker last took up the sweep, in UTC; None as with ``beat_seen_at``."""
    return worker_pulse.seen_at()
