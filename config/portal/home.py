"""Home page of the portal: figures for staff about all, for owners about their own."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils.timezone import now

from accounts.owners.overview import Standing, standings
from accounts.owners.roles import STAFF, Visitor, role_of, visible_ids
from config.portal.charts import HEIGHT, WIDTH, blocks
from integrations.connections.health import Light
from integrations.models.removal import Removal
from integrations.removal.alerts import trouble_of
from messaging.models.monitoring import Incident, recent_incidents
from messaging.support.traffic import traffic

MOST = 10
_WORST_FIRST = (Light.RED, Light.AMBER)


def home_of(user: Visitor) -> dict[str, Any]:
    """Return the page's context; the number of statements does not grow with what is stored."""
    is_staff = role_of(user) in STAFF
    known = standings(user)
    seen = traffic(None if is_staff else visible_ids(user))
    return {
        "is_owner": not is_staff,
        "standings": [] if is_staff else known,
        "lights": _lights(known) if is_staff else {},
        "troubled": _troubled(known) if is_staff else [],
        "queue": seen.queue,
        "hours": seen.hours,
        "sums": {name: seen.sum_of(name) for name in ("delivered", "failed", "unconfirmed")},
        "blocks": blocks(seen.hours),
        "chart": (WIDTH, HEIGHT),
        "removals": _removals(user, is_staff=is_staff),
        "incidents": _incidents(user, is_staff=is_staff),
    }


def _lights(known: Iterable[Standing]) -> dict[str, int]:
    """Count the organizations by the worst light of their connections."""
    counts = Counter(_worst(standing) for standing in known)
    return {light.value: counts[light] for light in (*_WORST_FIRST, Light.GREEN, Light.OFF)}


def _worst(standing: Standing) -> Light:
    lights = {health.light for _installation, health in standing.connections}
    order = (*_WORST_FIRST, Light.GREEN)
    return next((light for light in order if light in lights), Light.OFF)


def _troubled(known: Iterable[Standing]) -> list[Standing]:
    """Return the first organizations that need somebody, the worst first."""
    found = [standing for standing in known if _worst(standing) in _WORST_FIRST]
    return sorted(found, key=lambda one: _WORST_FIRST.index(_worst(one)))[:MOST]


def _removals(user: Visitor, *, is_staff: bool) -> list[tuple[Removal, int, str]]:
    """Return the removals whose purge has not ended: days left, and what is wrong with it."""
    at = now()
    rows = Removal.objects.open().select_related("organization").order_by("due_at", "pk")
    if not is_staff:
        rows = rows.filter(organization__in=visible_ids(user))
    return [(row, max(0, (row.due_at - at).days), trouble_of(row, at) or "") for row in rows[:MOST]]


def _incidents(user: Visitor, *, is_staff: bool) -> list[Incident]:
    found = recent_incidents()
    if not is_staff:
        found = found.filter(organization__in=visible_ids(user))
    return list(found[:MOST])
