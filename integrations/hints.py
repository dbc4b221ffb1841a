"""Telling the workers that there is something to do; a hint that is lost loses nothing.

Whoever gives one also has a regular job that finds what a lost hint left behind.
"""

import logging
from datetime import timedelta

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


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
