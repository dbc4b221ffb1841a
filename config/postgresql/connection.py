"""A psycopg connection that gives up on an answer nobody waits for any more."""

import time
from contextlib import suppress
from typing import Any

import psycopg
from django.db import connection
from psycopg.errors import _WaitTimeout

from config.postgresql.breaker import breaker, in_a_hurry, patience

_CANCEL_SECONDS = 0.2


def look() -> None:
    """Ask the database once, over a connection of its own; raise ``psycopg.Error`` in vain."""
    params = connection.get_connection_params()
    with in_a_hurry(), HurriedConnection.connect(**params, autocommit=True) as mine:
        mine.execute("SELECT 1")


class HurriedConnection(psycopg.Connection[Any]):
    """Waits no longer than the ``patience`` of the request that asks, and ends itself then.

    The driver's own time-outs do not see a server that is stopped: its machine still takes what is
    sent.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Return what the generator of libpq's steps returns; raise ``OperationalError``."""
        limit = patience()
        if limit is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        began = time.monotonic()
        try:
            answer = super().wait(gen, interval, limit)
        except _WaitTimeout:
            self._give_up(began)
            raise
        breaker.heard()
        return answer

    def _give_up(self, since: float) -> None:
        """End this connection; one that is alive would work on for nobody, and hold its locks."""
        breaker.missed(since, look)
        if not breaker.is_open:
            with suppress(psycopg.Error):
                self.cancel_safe(timeout=_CANCEL_SECONDS)
        self.close()
