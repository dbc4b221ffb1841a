"""Gauges read from the database and from Redis at the moment of a scrape: they are the truth.

Each part fails alone: what cannot be asked is missing, and says so by ``kotozute_scrape_up`` 0.
Every query counts rows that are still open, along an index, whatever has been delivered since.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q
from django.utils.timezone import now
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout
from redis import Redis
from redis.exceptions import RedisError

from accounts.models import OwnerMail
from core.liveness import beat_seen_at, worker_seen_at
from integrations.models import Callback, Installation, InstallationState
from integrations.models.removal import Removal
from integrations.removal import retention
from integrations.removal.alerts import Trouble, removals_in_trouble
from integrations.removal.data_map import aged
from messaging.models import OPEN_STATES, WAITING_STATES, Delivery, Lane, Outage
from messaging.models.bot import ReceivedUpdate
from messaging.monitoring.self_checks import audited_at, incidents_by_kind

AWAY = (DatabaseError, PoolTimeout, RedisError, OSError)
REDIS_SECONDS = 1.0
_LIVE = (
    InstallationState.PENDING,
    InstallationState.ACTIVE,
    InstallationState.ATTENTION,
    InstallationState.PAUSED,
)
# Their rows are settled within days, so that one look finds the oldest; together they are nearly
# all rows there are.
_GROWING = (
    "integrations.Callback",
    "messaging.Attempt",
    "messaging.Delivery",
    "messaging.Message",
    "messaging.ReceivedEvent",
    "messaging.ReceivedUpdate",
)
Family = GaugeMetricFamily


def _one(name: str, about: str, value: float) -> Family:
    return GaugeMetricFamily(name, about, value=value)


def _by(name: str, about: str, label: str, values: dict[str, float]) -> Family:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _age(at: datetime, since: datetime | None) -> float:
    return max(0.0, (at - since).total_seconds()) if since else 0.0


def _queue(at: datetime) -> Iterator[Family]:
    counted = Delivery.objects.open().order_by().values_list("state").annotate(Count("pk"))
    found = dict(counted)
    yield _by(
        "kotozute_open_deliveries",
        "Deliveries whose end is not known, by state.",
        "state",
        {state.value: found.get(state.value, 0) for state in OPEN_STATES},
    )
    oldest = Delivery.objects.open().aggregate(at=Min("sent_at"))["at"]
    yield _one(
        "kotozute_oldest_open_seconds",
        "Age of the oldest open delivery, also of one that has to wait.",
        _age(at, oldest),
    )
    due = Delivery.objects.filter(
        state__in=WAITING_STATES,
        due_at__lte=at,
        installation__in=Installation.objects.sendable(at),
    ).aggregate(number=Count("pk"), since=Min("due_at"))
    yield _one("kotozute_due_deliveries", "Deliveries that could be sent now.", due["number"])
    yield _one(
        "kotozute_overdue_seconds",
        "For how long the delivery that has been due longest could have been sent.",
        _age(at, due["since"]),
    )


def _lanes(at: datetime) -> Iterator[Family]:
    lanes = Lane.objects.aggregate(all=Count("pk"), busy=Count("pk", Q(leased_until__gt=at)))
    yield _one("kotozute_lanes", "Lanes that have ever been used.", lanes["all"])
    yield _one("kotozute_busy_lanes", "Lanes that a worker is draining.", lanes["busy"])


def _connections(at: datetime) -> Iterator[Family]:
    live = Installation.objects.filter(state__in=_LIVE)
    found = dict(live.order_by().values_list("state").annotate(Count("pk")))
    yield _by(
        "kotozute_connections",
        "Connections of organizations, by state.",
        "state",
        {state.value: found.get(state.value, 0) for state in _LIVE},
    )
    held = live.filter(held_until__gt=at).count()
    yield _one("kotozute_held_connections", "Connections that keep still for a while.", held)
    down = Outage.objects.values_list("target", "began_at")
    yield _by(
        "kotozute_target_down",
        "Whether a chat platform as a whole is down.",
        "target",
        {target: float(began_at is not None) for target, began_at in down},
    )


def _removals(at: datetime) -> Iterator[Family]:
    pending = Removal.objects.open().aggregate(number=Count("pk"), due=Min("due_at"))
    yield _one("kotozute_open_removals", "Removals whose purge has not ended.", pending["number"])
    if pending["due"]:
        left = (pending["due"] - at).total_seconds() / 86400
        yield _one(
            "kotozute_purge_days_left", "Days until the next removal has to be purged.", left
        )
    troubles = list(removals_in_trouble(at).values())
    yield _by(
        "kotozute_removals_in_trouble",
        "Removals whose purge is late, stuck, failed or overdue.",
        "trouble",
        {trouble.value: troubles.count(trouble) for trouble in Trouble},
    )


def _waiting(at: datetime) -> Iterator[Family]:
    told = Callback.objects.to_tell().aggregate(since=Min("happened_at"))["since"]
    heard = ReceivedUpdate.objects.filter(handled_at=None).aggregate(since=Min("received_at"))
    mails = OwnerMail.objects.filter(claimed_at=None, due_at__lte=at).count()
    yield _one(
        "kotozute_oldest_callback_seconds", "Age of what ovice was not told yet.", _age(at, told)
    )
    yield _one(
        "kotozute_oldest_update_seconds",
        "Age of what a platform told and nobody looked at yet.",
        _age(at, heard["since"]),
    )
    yield _one(
        "kotozute_unsent_owner_mails", "Mails to owners that are due and not sent yet.", mails
    )


def _pulse(_at: datetime) -> Iterator[Family]:
    """Tell when beat and a worker were last seen; 0 stands for never."""
    yield _one(
        "kotozute_beat_seen_timestamp_seconds",
        "When beat last queued a job.",
        seen.timestamp() if (seen := beat_seen_at()) else 0,
    )
    yield _one(
        "kotozute_worker_seen_timestamp_seconds",
        "When a worker last took up the sweep.",
        seen.timestamp() if (seen := worker_seen_at()) else 0,
    )


def _retention(at: datetime) -> Iterator[Family]:
    """Tell whether what has grown too old goes; of all tables together, and of the largest."""
    yield _one(
        "kotozute_retention_timestamp_seconds",
        "When nothing was left in any table of what had grown too old.",
        seen.timestamp() if (seen := retention.caught_up.seen_at()) else 0,
    )
    looked_at = [entry for entry in aged() if entry.model in _GROWING]
    yield _by(
        "kotozute_kept_too_long_seconds",
        "For how long the oldest row of a table that grows by the message should have been gone.",
        "table",
        {entry.model: retention.overdue(entry, at).total_seconds() for entry in looked_at},
    )


def _audit(_at: datetime) -> Iterator[Family]:
    """Tell what the last audit said, whichever process made it; 0 stands for never."""
    yield _by(
        "kotozute_incidents",
        "Incidents that the audit has confirmed and that are not over, by kind.",
        "kind",
        {kind.value: number for kind, number in incidents_by_kind().items()},
    )
    yield _one(
        "kotozute_audit_timestamp_seconds",
        "When the last audit was made.",
        made_at.timestamp() if (made_at := audited_at()) else 0,
    )


def _broker(_at: datetime) -> Iterator[Family]:
    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    ) as redis:
        queued = redis.llen("celery")
    yield _one("kotozute_queued_tasks", "Tasks that wait for a worker.", float(str(queued)))


PARTS: dict[str, Callable[[datetime], Iterator[Family]]] = {
    "queue": _queue,
    "lanes": _lanes,
    "connections": _connections,
    "removals": _removals,
    "waiting": _waiting,
    "pulse": _pulse,
    "retention": _retention,
    "audit": _audit,
    "broker": _broker,
}


class Truth(Collector):
    """Asks everything anew for each scrape."""

    def collect(self) -> Iterator[Family]:
        """Yield the gauges of every part that could be asked, and which those were."""
        up: dict[str, float] = {}
        for part, ask in PARTS.items():
            try:
                families = list(ask(now()))
            except AWAY:
                # A connection that was cut would fail the other parts, too.
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
                families = []
                up[part] = 0
            else:
                up[part] = 1
            yield from families
        yield _by("kotozute_scrape_up", "Whether this part could be asked.", "part", up)
