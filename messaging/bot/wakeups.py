"""Hints to the workers that somebody told the bot something; losing one loses nothing."""

from datetime import datetime, timedelta
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from messaging.chats import Conversation, ReceivedUpdate
from messaging.wakeups import LOST_AFTER, broker

HANDLE_UPDATES = "messaging.tasks.handle_updates"
INTRODUCE_BOT = "messaging.tasks.introduce_bot"
# What is younger has probably just been woken.
FRESH = timedelta(seconds=3)


def wake(installation_id: UUID) -> bool:
    """Queue one look at what this installation was told; return whether it was queued."""
    return _queue(HANDLE_UPDATES, installation_id)


def wake_introduction(installation_id: UUID) -> bool:
    """Queue setting this installation's empty chat right; return whether it was queued."""
    return _queue(INTRODUCE_BOT, installation_id)


def _queue(task: str, installation_id: UUID) -> bool:
    if broker.is_away():
        return False
    try:
        current_app.send_task(task, args=[str(installation_id)], expires=LOST_AFTER.total_seconds())
    except OperationalError:
        broker.leave_alone(LOST_AFTER)
        return False
    return True


def sweep(at: datetime) -> int:
    """Wake for every update that was left behind and every answer that is still owed."""
    left = ReceivedUpdate.objects.filter(handled_at=None, received_at__lt=at - FRESH)
    owed = Conversation.objects.exclude(owed="").filter(owed_at__lt=at - FRESH)
    found = {
        installation_id
        for rows in (left, owed)
        for installation_id in rows.values_list("installation_id", flat=True).distinct().order_by()
    }
    return sum(wake(installation_id) for installation_id in sorted(found))
