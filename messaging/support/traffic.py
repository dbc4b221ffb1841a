"""How the relay is doing at a look: what waits, what became of the last day's messages.

Everything is asked through indexes that hold only what waits, or by the time in a row's key, so it
costs as much as a day's traffic, however many years are stored.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncHour
from django.utils.timezone import now
from redis.exceptions import RedisError

from core.ids import earliest_id
from messaging.models import WAITING_STATES, Delivery, DeliveryState

HOURS = 24
# A page that is reloaded by everybody at once asks the database once in so many seconds.
FRESH_SECONDS = 30
_BAD = (DeliveryState.FAILED, DeliveryState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many deliveries wait, and since when the oldest of them does."""

    depth: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hour:
    """Outcomes of the messages that were sent in ovice during one hour."""

    at: datetime
    delivered: int = 0
    failed: int = 0
    unconfirmed: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """All of them but those that were cancelled."""
        return self.delivered + self.failed + self.unconfirmed + self.waiting


@dataclass(frozen=True, slots=True)
class Traffic:
    """The queue now, and the last day by the hour, the oldest hour first."""

    queue: Queue
    hours: tuple[Hour, ...]

    def sum_of(self, name: str) -> int:
        """Return how many messages of the day are ``delivered``, ``failed`` and so on."""
        return sum(getattr(hour, name) for hour in self.hours)


def traffic(organizations: Collection[UUID] | None = None) -> Traffic:
    """Return the traffic of some organizations, or of all; up to half a minute old."""
    named = "all" if organizations is None else "-".join(sorted(map(str, organizations)))
    key = f"traffic:{named}"
    try:
        found = _read(cache.get(key))
        if found is None:
            found = count_traffic(organizations, now())
            cache.set(key, _plain(found), FRESH_SECONDS)
    except (RedisError, OSError):
        return count_traffic(organizations, now())
    return found


def _plain(traffic: Traffic) -> dict[str, Any]:
    """Return it in a form that JSON can write."""
    oldest = traffic.queue.oldest_at
    return {
        "queue": [traffic.queue.depth, oldest and oldest.isoformat()],
        "hours": [
            [hour.at.isoformat(), hour.delivered, hour.failed, hour.unconfirmed, hour.waiting]
            for hour in traffic.hours
        ],
    }


def _read(found: Any) -> Traffic | None:
    """Return what ``_plain`` has written; None for anything else."""
    try:
        depth, oldest = found["queue"]
        queue = Queue(_count(depth), oldest and _aware(oldest))
        hours = [Hour(_aware(at), *map(_count, counts)) for at, *counts in found["hours"]]
    except (TypeError, ValueError, LookupError):
        return None
    return Traffic(queue, tuple(hours)) if len(hours) == HOURS else None


def _aware(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def count_traffic(organizations: Collection[UUID] | None, at: datetime) -> Traffic:
    """Ask the database, in two statements."""
    rows: QuerySet[Delivery] = Delivery.objects.all()
    if organizations is not None:
        rows = rows.filter(organization__in=list(organizations))
    waiting = rows.filter(state__in=WAITING_STATES).aggregate(depth=Count("pk"), at=Min("sent_at"))
    return Traffic(Queue(waiting["depth"], waiting["at"]), tuple(_hours(rows, at)))


def _hours(rows: QuerySet[Delivery], at: datetime) -> list[Hour]:
    first = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    recent = rows.filter(pk__gte=earliest_id(first), sent_at__gte=first)
    counted = (
        recent.annotate(hour=TruncHour("sent_at"))
        .values("hour", "state")
        .annotate(count=Count("pk"))
        .order_by()
    )
    hours: dict[datetime, dict[str, Any]] = {
        first + timedelta(hours=step): {} for step in range(HOURS)
    }
    for row in counted:
        counts = hours.get(row["hour"])
        if counts is not None and (name := _column(row["state"])):
            counts[name] = counts.get(name, 0) + row["count"]
    return [Hour(hour, **counts) for hour, counts in hours.items()]


def _column(state: str) -> str:
    if state == DeliveryState.DELIVERED:
        return "delivered"
    if state in _BAD:
        return "failed"
    if state == DeliveryState.UNCONFIRMED:
        return "unconfirmed"
    return "" if state == DeliveryState.CANCELLED else "waiting"
