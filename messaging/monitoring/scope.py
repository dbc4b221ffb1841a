"""Scope shared by the questions of the self-checks: recent rows, installations that may send."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from integrations.models import InstallationState
from messaging.models import DeliveryState, Outage

WAITING = (DeliveryState.PENDING, DeliveryState.UNCONFIRMED)
OPEN = (*WAITING, DeliveryState.SENDING)
# Lanes come back by and by after an outage; this long nobody is late.
AFTER_OUTAGE = timedelta(minutes=2)
# An event and what follows from it are looked at only once they are so old.
SETTLING = timedelta(minutes=2)
_MILLISECONDS_SHIFT = 80


def window(at: datetime) -> datetime:
    """Return from when on accepted messages are compared with what became of them."""
    return at - settings.AUDIT_WINDOW


def first_id(at: datetime) -> UUID:
    """Return the smallest UUIDv7 that can have been made at ``at`` or later.

    Rows are found by the time of their making through their primary key: no index is needed.
    """
    return UUID(int=int(at.timestamp() * 1000) << _MILLISECONDS_SHIFT)


def made_between(since: datetime, until: datetime) -> Q:
    """Return the condition for rows with such ids made in this time."""
    return Q(pk__gte=first_id(since), pk__lt=first_id(until))


def may_send(at: datetime, path: str = "installation__") -> Q:
    """Return the condition for rows whose installation has no reason to keep still.

    ``path`` leads from the row to its installation.
    """
    limits = {
        "state": InstallationState.ACTIVE,
        "organization__removed_at": None,
        "organization__feature_enabled": True,
        "organization__paused_at": None,
    }
    free = Q(**{f"{path}held_until": None}) | Q(**{f"{path}held_until__lte": at})
    answers = ~Q(**{f"{path}target__in": list(silent_targets(at))})
    return Q(**{f"{path}{name}": value for name, value in limits.items()}) & free & answers


def silent_targets(at: datetime) -> set[str]:
    """Return the targets that are down, or were a moment ago."""
    down = Q(began_at__isnull=False) | Q(over_at__gte=at - AFTER_OUTAGE)
    return set(Outage.objects.filter(down).values_list("target", flat=True))
