"""Telling the workers that there is something to do; a hint that is lost loses nothing.

Whoever gives one also has a regular job that finds what a lost hint left behind.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
_P = ParamSpec("_P")


def hint(task: str, *args: str, expires: timedelta | None = None) -> bool:
    """Queue ``task`` by its name; return False where the broker cannot be reached.

    One that nobody takes up before it ``expires`` is dropped: its regular turn has come meanwhile.
    """
    life = expires.total_seconds() if expires else None
    try:
        current_app.send_task(task, args=list(args), expires=life)
    except OperationalError:
        logger.warning("broker unreachable; %s waits for its regular turn", task)
        return False
    return True


def after_commit(give: Callable[_P, object], *args: _P.args, **options: _P.kwargs) -> None:
    """Call ``give`` as soon as the transaction is committed; what is stored stands if it fails."""

    # Not a partial: Django asks a callback that failed for its name, and would fail itself.
    def call() -> None:
        give(*args, **options)

    transaction.on_commit(call, robust=True)
