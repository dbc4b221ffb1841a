"""Hints to the workers that a lane has something to do.

A hint that is lost loses nothing: ``sweep`` finds every delivery that is due from the rows alone.
"""

import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.timezone import now

from core.connection_errors import why
from core.db.cursor import adapted_all, planned_cursor
from core.metrics import LOST_HINTS
from core.queue import BROKER_AWAY, after_commit
from integrations.models import Installation
from messaging.delivery.circuit_breaker import lanes_with_a_turn
from messaging.models import (
    FACTS_LANE,
    WAITING_STATES,
    Delivery,
    DeliveryQuerySet,
    DeliveryState,
    Lane,
)

logger = structlog.stdlib.get_logger(__name__)

RELAY_LANE = "messaging.tasks.relay_lane"
HANDLE_UPDATES = "messaging.tasks.handle_updates"
# A hint that nobody took up for this long is taken for lost.
LOST_AFTER = timedelta(seconds=10)


class Broker:
    """Remembers, in this process, that the broker did not answer.

    A broker that hangs costs whoever asks it a time-out; an accept must not pay that again and
    again.
    """

    def __init__(self) -> None:
        self._away_until = 0.0

    def is_away(self) -> bool:
        """Return whether asking it now would probably be in vain."""
        return time.monotonic() < self._away_until

    def leave_alone(self, pause: timedelta) -> None:
        """Do not ask it for this long."""
        self._away_until = time.monotonic() + pause.total_seconds()

    def welcome_back(self) -> None:
        """Ask it again at once: something has just come through it."""
        self._away_until = 0.0


broker = Broker()

# An installation's id and the number of one of its lanes.
LaneKey = tuple[UUID, int]

# Lanes this process has seen, which are there to stay.
_made: set[LaneKey] = set()


# One statement, since a lane that is just being given back must not be taken for a leased one.
_WAKE = """
UPDATE messaging_lane SET woken_at = %s
WHERE installation_id = %s AND number = %s AND (woken_at IS NULL OR woken_at < %s)
RETURNING CASE WHEN leased_until > %s THEN 1 ELSE 0 END
"""
# The same for many: locked in one order, or two batches would wait for each other.
_WAKE_ALL = """
WITH wanted AS (
    SELECT l.id FROM messaging_lane l
    JOIN unnest(%s::uuid[], %s::smallint[]) AS named(installation_id, number)
        ON l.installation_id = named.installation_id AND l.number = named.number
    WHERE l.woken_at IS NULL OR l.woken_at < %s
    ORDER BY l.id FOR NO KEY UPDATE OF l)
UPDATE messaging_lane SET woken_at = %s FROM wanted
WHERE messaging_lane.id = wanted.id AND (woken_at IS NULL OR woken_at < %s)
RETURNING installation_id, number, CASE WHEN leased_until > %s THEN 1 ELSE 0 END
"""


def wake(installation_id: UUID, number: int) -> bool:
    """Queue one task for the lane unless that is superfluous; return whether it was queued.

    It is superfluous while one is queued, and while a worker drains the lane: that one looks again
    before it gives the lane back.
    """
    leased = _mark(installation_id, number)
    if leased is None and _make_lane(installation_id, number):
        leased = _mark(installation_id, number)
    return leased is False and call_for_a_worker(installation_id, number)


def wake_all(lanes: Iterable[LaneKey]) -> int:
    """Wake each lane as ``wake`` does; return how many tasks were queued."""
    wanted = sorted(set(lanes))
    if connection.vendor != "postgresql" or len(wanted) <= 1:
        return sum(wake(*lane) for lane in wanted)
    _make_lanes({*wanted} - _made)
    at = now()
    ids, numbers = [each for each, _ in wanted], [number for _, number in wanted]
    with planned_cursor() as cursor:
        cursor.execute(_WAKE_ALL, (ids, numbers, at - LOST_AFTER, at, at - LOST_AFTER, at))
        found = cursor.fetchall()
    return sum(call_for_a_worker(*lane) for *lane, leased in sorted(found) if not leased)


def call_for_a_worker(installation_id: UUID, number: int) -> bool:
    """Queue the task of a lane that was just marked; return whether the broker took it.

    Where it did not the mark goes, or the next sweep would wait for a hint that nobody holds.
    """
    task = RELAY_LANE if number < FACTS_LANE else HANDLE_UPDATES
    if queue(task, str(installation_id), number):
        return True
    Lane.objects.filter(installation_id=installation_id, number=number).update(woken_at=None)
    return False


def queue(task: str, *args: object) -> bool:
    """Queue a task by its name, for tasks import what wakes; return whether the broker took it."""
    if broker.is_away():
        return False
    try:
        # One that waits longer than that is not worth taking up: the sweep has repeated it.
        current_app.send_task(task, args=args, expires=LOST_AFTER.total_seconds())
    except BROKER_AWAY as error:
        broker.leave_alone(LOST_AFTER)
        LOST_HINTS.inc()
        logger.warning("broker unreachable; the sweep will wake what waits", why=why(error))
        return False
    return True


def _mark(installation_id: UUID, number: int) -> bool | None:
    """Note the wake-up; return whether somebody drains the lane, None when it is awake already."""
    at = now()
    params = (at, installation_id, number, at - LOST_AFTER, at)
    with planned_cursor() as cursor:
        cursor.execute(_WAKE, adapted_all(params))
        found = cursor.fetchall()
    return bool(found[0][0]) if found else None


def _make_lane(installation_id: UUID, number: int) -> bool:
    """Create the lane if this is its first use; return whether it was."""
    key = (installation_id, number)
    if key in _made:
        return False
    _, made = Lane.objects.get_or_create(installation_id=installation_id, number=number)
    _made.add(key)
    return made


def _make_lanes(lanes: set[LaneKey]) -> None:
    """Create those of the lanes that are not there yet."""
    made = [Lane(installation_id=each, number=number) for each, number in sorted(lanes)]
    Lane.objects.bulk_create(made, ignore_conflicts=True)
    _made.update(lanes)


def look_again(deliveries: DeliveryQuerySet) -> int:
    """Make those of ``deliveries`` that wait due now, and wake their lanes; return their number."""
    waiting = deliveries.waiting()
    lanes = set(waiting.values_list("installation_id", "lane").distinct().order_by())
    looked_at = waiting.update(due_at=now())
    after_commit(wake_all, lanes)
    return looked_at


def sweep(at: datetime) -> int:
    """Wake every lane that has something due at ``at``; return how many tasks were queued."""
    # Deliveries of a vanished worker are looked into even where nothing may be sent just now.
    lost = Q(state=DeliveryState.SENDING, claimed_at__lte=at - settings.RELAY_LEASE)
    due = Q(
        state__in=WAITING_STATES,
        due_at__lte=at,
        installation__in=Installation.objects.sendable(at),
    )
    # Two queries, each with an index of its own, rather than one without.
    abandoned, waiting = (
        set(
            Delivery.objects.filter(condition)
            .values_list("installation_id", "lane", "installation__target")
            .distinct()
            .order_by()
        )
        for condition in (lost, due)
    )
    found = {(installation_id, number) for installation_id, number, _ in abandoned}
    chance = random.random()  # noqa: S311 - lets another lane ask each time, protects nothing
    found.update(lanes_with_a_turn(waiting, at, chance=chance))
    return wake_all(found)
