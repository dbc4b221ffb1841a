"""Questions about processes, queues, connections and purges."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import translation
from django.utils.timezone import now

from config.health.answers import Answer, bad, doubtful, well
from core.liveness import beat_seen_at
from integrations.connections.health import Light, health_of
from integrations.models import Installation
from integrations.models.removal import Removal
from integrations.removal.alerts import removals_in_trouble
from messaging.models import Delivery
from messaging.models.monitoring import Audit, open_incidents
from messaging.monitoring.canary import canaries
from messaging.monitoring.components import is_unseen, workers_that_answer
from messaging.monitoring.scope import WAITING

# A page names so many of a kind.
MOST = 10
_WAITS_LONG = timedelta(minutes=15)


def ask_workers() -> Iterator[Answer]:
    """Ask them to answer."""
    if number := workers_that_answer():
        yield well(f"{number} answer")
    else:
        yield bad("none answers", "Start `celery -A config worker`; nothing is sent without one.")


def ask_beat() -> Iterator[Answer]:
    """Ask when it last queued something."""
    seen_at = beat_seen_at()
    if seen_at is None:
        yield bad("has not been seen", "Start `celery -A config beat`; retries and purges wait.")
    elif is_unseen(seen_at, now()):
        yield bad(f"was last seen {_ago(seen_at)}", "Start `celery -A config beat` again.")
    else:
        yield well(f"was last seen {_ago(seen_at)}")


def ask_audit() -> Iterator[Answer]:
    """Ask when the last audit was made, and what stands."""
    row = Audit.objects.first()
    if row is None or row.ran_at is None:
        yield bad("was never made", "Start web, worker and beat: each of them makes it.")
        return
    if now() - row.ran_at > 3 * settings.AUDIT_EVERY:
        yield bad(f"was last made {_ago(row.ran_at)}", "Every process makes it: see their logs.")
    if row.failure:
        yield bad(f"failed ({row.failure})", "Look for `audit` in the logs, and report it.")
    incidents = list(open_incidents()[: MOST + 1])
    with translation.override("en"):
        for incident in incidents[:MOST]:
            say = doubtful if incident.is_notice else bad
            whose = (
                f" [organization {incident.organization_id}]" if incident.organization_id else ""
            )
            yield say(f"{incident.text}{whose} since {_ago(incident.began_at)}", incident.look_at)
    if len(incidents) > MOST:
        yield bad("there are more incidents", "See the portal's first page.")
    if not incidents:
        yield well(f"was made {_ago(row.ran_at)} and finds nothing amiss")


def ask_queue() -> Iterator[Answer]:
    """Ask how much waits, and since when something is due."""
    waiting = Delivery.objects.filter(state__in=WAITING)
    counts = dict(waiting.values_list("state").annotate(Count("pk")).order_by())
    due = waiting.filter(due_at__lte=now()).aggregate(first=Min("due_at"))["first"]
    words = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "empty"
    if due is not None and now() - due > _WAITS_LONG:
        remedy = "Holds and pauses explain it, or the audit names it above."
        yield doubtful(f"{words}; the oldest has been due {_ago(due)}", remedy)
    else:
        yield well(words)


def ask_connections() -> Iterator[Answer]:
    """Ask how the connections are, from what is stored."""
    lights: Counter[str] = Counter()
    with translation.override("en"):
        live = Installation.objects.live().select_related("organization").order_by("pk")
        for installation in live.iterator(chunk_size=500):
            health = health_of(installation)
            lights[health.light.value] += 1
            if health.light == Light.RED and lights[health.light.value] <= MOST:
                whose = installation.organization.ovice_id
                yield doubtful(f"organization {whose}: {health.text}", health.next_step)
    words = ", ".join(f"{count} {light}" for light, count in sorted(lights.items()))
    yield well(words or "none yet")


def ask_removals() -> Iterator[Answer]:
    """Ask for purges that are late, stuck, failed or overdue."""
    troubled = removals_in_trouble(now())
    for removal, trouble in list(troubled.items())[:MOST]:
        remedy = f"It must have ended {removal.due_at:%Y-%m-%d}. Run `manage.py purge`."
        yield bad(f"removal {removal.pk} is {trouble}", remedy)
    if not troubled:
        yield well(f"none in trouble, {Removal.objects.open().count()} to come")


def ask_canaries() -> Iterator[Answer]:
    """Ask how long the last test messages took."""
    for canary in canaries():
        took = canary.last_latency()
        words = "has not arrived yet" if took is None else f"took {took.total_seconds():.1f} s"
        yield well(f"organization {canary.organization.ovice_id}: the last one {words}")


def _ago(then: datetime) -> str:
    seconds = int((now() - then).total_seconds())
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"  # noqa: PLR2004 - two minutes
