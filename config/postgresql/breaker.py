"""Circuit breaker between requests and the database.

A request gets an answer to each question within ``ANSWER_SECONDS``, or gives up. When nobody of
this process has heard anything meanwhile, the breaker opens: requests that come now fail at once,
so that their threads are free, until a connection of the breaker's own has been answered. Work that
is no request (tasks, commands, self-checks) waits as long as it takes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.db import connection
from psycopg import OperationalError

from core.connection_errors import why

logger = structlog.stdlib.get_logger(__name__)

# The rest of two seconds is for everything else that a request does.
ANSWER_SECONDS = 1.5
_TRY_AGAIN_SECONDS = 0.5
# For a request that has waited for a thread because others waited for the database.
_LEAST_SECONDS = 0.25
_waited: ContextVar[float] = ContextVar("waited", default=0.0)
_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class Away(OperationalError):
    """The database is known not to answer."""


@contextmanager
def after_waiting(seconds: float) -> Iterator[None]:
    """Take off what has gone by already: the limit counts from a request's arrival."""
    token = _waited.set(seconds)
    try:
        yield
    finally:
        _waited.reset(token)


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Do not wait for the database inside: somebody waits for us."""
    token = _patience.set(max(_LEAST_SECONDS, ANSWER_SECONDS - _waited.get()))
    try:
        yield
    finally:
        _patience.reset(token)


def patience() -> float | None:
    """Return for how many seconds a question may wait; None where nobody waits for it."""
    return _patience.get()


class Breaker:
    """Remembers, for this process, whether the database answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard_at = float("-inf")
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether asking it would be in vain."""
        return self._is_open

    def require_closed(self) -> None:
        """Raise ``Away`` while it is known not to answer."""
        if self._is_open:
            raise Away("the database is away")

    def heard(self) -> None:
        """Note that it has answered somebody just now."""
        self._heard_at = time.monotonic()

    def missed(self, since: float, look: Callable[[], None]) -> None:
        """Note that it did not answer somebody who asked at this moment of the monotonic clock.

        Where it has answered others since then, it is alive and only that question is slow.
        Otherwise ``look``, which asks once and raises when there is no answer, is called until
        there is one.
        """
        with self._lock:
            if self._is_open or self._heard_at >= since:
                return
            self._is_open = True
        threading.Thread(target=self._wait, args=(look,), name="breaker", daemon=True).start()

    def _wait(self, look: Callable[[], None]) -> None:
        pool = connection.pool  # type: ignore[attr-defined] # PostgreSQL's
        # Connections in there were opened to a server that may have been replaced.
        pool.drain()
        told = ""
        while error := _tried(look):
            reason = why(error) or type(error).__name__.lower()
            if reason != told:
                logger.error("the database is away: requests fail", database=pool.name, why=reason)
                told = reason
            time.sleep(_TRY_AGAIN_SECONDS)
        self._is_open = False
        if told:
            logger.warning("the database answers again", database=pool.name)


def _tried(look: Callable[[], None]) -> Exception | None:
    try:
        look()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not back
        return error
    return None


breaker = Breaker()
