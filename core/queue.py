"""Wake-ups for the workers: hints that there is something to do; a lost one loses nothing.

The giver of a hint also has a regular job that finds what a lost one left behind.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.connection_errors import why
from core.metrics import LOST_HINTS

logger = structlog.stdlib.get_logger(__name__)
_P = ParamSpec("_P")
# A broker that cannot be reached, refuses, or holds junk where the library keeps its own notes.
BROKER_AWAY = (OperationalError, RedisError, OSError, ValueError)


def hint(task: str, *args: str, expires: timedelta | None = None) -> bool:
    """Queue ``task`` by its name; return False where the broker does not take it.

    One that nobody takes up before it ``expires`` is dropped: its regular turn has come meanwhile.
    """
    life = expires.total_seconds() if expires else None
    try:
        current_app.send_task(task, args=list(args), expires=life)
    except BROKER_AWAY as error:
        LOST_HINTS.inc()
        logger.warning(
            "broker unreachable; a task waits for its regular turn", task=task, why=why(error)
        )
        return False
    return True


def after_commit(give: Callable[_P, object], *args: _P.args, **options: _P.kwargs) -> None:
    """Call ``give`` as soon as the transaction is committed; what is stored stands if it fails."""

    # Not a partial: Django asks a callback that failed for its name, and would fail itself.
    def call() -> None:
        give(*args, **options)

    transaction.on_commit(call, robust=True)
