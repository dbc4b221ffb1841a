"""Retry of a database write across a reconnect, so that what a call has proven is not lost."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

logger = structlog.stdlib.get_logger(__name__)
_T = TypeVar("_T")

# Errors that say that the database is away, and nothing about what was asked of it.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


def patiently(job: Callable[[], _T]) -> _T:
    """Return what ``job`` returns; repeat it while the database is away, for half a lease.

    ``job`` may have been done although it raised, so doing it twice must be as good as once. Inside
    a transaction nothing is repeated: what came before is lost with the connection.
    """
    end = time.monotonic() + settings.RELAY_LEASE.total_seconds() / 2
    pause = FIRST_PAUSE
    while True:
        try:
            return job()
        except AWAY as error:
            if connection.in_atomic_block or time.monotonic() + pause > end:
                raise
            logger.warning("the database is away", error=type(error).__name__)
        reconnect()
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def reconnect() -> None:
    """Let what follows have a connection that lives; inside a transaction there is but the one."""
    if not connection.in_atomic_block:
        connection.close()
