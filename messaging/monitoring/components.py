"""Is every part there: Redis, beat, the workers, the targets, the way back to ovice?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Q
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.liveness import beat_seen_at, worker_seen_at
from integrations.models import Callback
from messaging.models import Delivery, Outage
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding
from messaging.monitoring.scope import WAITING

# Beat and workers show themselves every few seconds.
UNSEEN_FOR = timedelta(minutes=3)
DOWN_FOR = timedelta(minutes=5)
UNTOLD_FOR = timedelta(minutes=10)
_ANSWER_SECONDS = 2.0


def find(at: datetime) -> Iterator[Finding]:
    """Yield what is missing."""
    if not broker_answers():
        yield Finding(Kind.BROKER_AWAY)
    else:
        yield from _beat(at)
        yield from _worker(at)
    yield from _outages(at)
    yield from _callbacks(at)


def use_broker() -> None:
    """Have Redis take and give back a value; raise ``RedisError`` or ``OSError`` if it does not.

    One that only answers may follow another server, be full, or refuse us.
    """
    cache.set("audit", 1, timeout=60)
    if cache.get("audit") != 1:
        raise RedisError


def broker_answers() -> bool:
    """Return whether Redis takes and gives back a value."""
    try:
        use_broker()
    except (RedisError, OSError):
        return False
    return True


def is_unseen(seen_at: datetime | None, at: datetime) -> bool:
    """Return whether beat or the workers, last seen at ``seen_at``, are missing."""
    return seen_at is None or at - seen_at >= UNSEEN_FOR


def workers_that_answer() -> int:
    """Return how many workers answer within two seconds; 0 where the broker is away."""
    try:
        return len(current_app.control.ping(timeout=_ANSWER_SECONDS) or ())
    except (OperationalError, RedisError, OSError):
        return 0


def _beat(at: datetime) -> Iterator[Finding]:
    seen_at = beat_seen_at()
    if is_unseen(seen_at, at):
        yield Finding(Kind.BEAT_MISSING, facts={"minutes": minutes_since(seen_at, at)})


def _worker(at: datetime) -> Iterator[Finding]:
    """Without beat the workers have nothing to show themselves by, so they are asked."""
    seen_at = worker_seen_at()
    if not is_unseen(seen_at, at) or workers_that_answer():
        return
    due = Delivery.objects.filter(state__in=WAITING, due_at__lte=at).count()
    yield Finding(Kind.NO_WORKER, facts={"minutes": minutes_since(seen_at, at), "count": due})


def _outages(at: datetime) -> Iterator[Finding]:
    for outage in Outage.objects.filter(began_at__lte=at - DOWN_FOR):
        minutes = minutes_since(outage.began_at, at)
        yield Finding(Kind.OUTAGE, about=outage.target, facts={"minutes": minutes})


def _callbacks(at: datetime) -> Iterator[Finding]:
    """Those that should have been told, where nobody has tried to since.

    One that waits for a reason has its time in the future. ovice takes them in order, so one that
    ovice does not take keeps back those behind it, which is not our fault.
    """
    if not settings.OVICE_CALLBACK_URL:
        return
    open_ones = Callback.objects.to_tell()
    put_off = open_ones.filter(due_at__gt=at, status__isnull=False).values("organization")
    being_told = Q(claimed_at__gt=at - UNTOLD_FOR)
    late = open_ones.filter(due_at__lte=at - UNTOLD_FOR).exclude(being_told)
    found = late.exclude(organization__in=put_off).aggregate(count=Count("pk"), first=Min("due_at"))
    if found["count"]:
        minutes = minutes_since(found["first"], at)
        yield Finding(Kind.CALLBACKS_WAIT, facts={"count": found["count"], "minutes": minutes})


def minutes_since(then: datetime | None, at: datetime) -> int | str:
    """Return the whole minutes since ``then``, or a word where nobody knows."""
    return "?" if then is None else int((at - then).total_seconds() // 60)
