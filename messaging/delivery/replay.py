"""Replay of dead letters, after their cause is mended.

A failed delivery keeps its text, sealed, until it would have expired; so long it can be replayed. A
replay takes each delivery once, in the order in which the messages were sent, and spreads them, so
that it does not push aside what people write meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from accounts.models import ORGANIZATION_USERS
from core.queue import after_commit
from integrations.models import LIVE_STATES
from integrations.targets.errors import Unconfirmed
from messaging.delivery.wakeups import wake_all
from messaging.models import Delivery, DeliveryQuerySet, DeliveryState

BATCH = 500
REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Window:
    """Which dead letters are meant; what is left out does not matter."""

    organization_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str = ""
    # Those of which nobody knows whether they arrived are replayed only on request.
    unconfirmed_too: bool = False

    def deliveries(self) -> DeliveryQuerySet:
        """Return the dead letters that were given up in this window."""
        limits = {
            "organization": self.organization_id,
            "settled_at__gte": self.since,
            "settled_at__lt": self.until,
            "reason": self.reason or None,
        }
        chosen = {name: value for name, value in limits.items() if value is not None}
        found = replayable(Delivery.objects.filter(**chosen))
        doubtful = self.unconfirmed_too or self.reason == Unconfirmed.reason
        return found if doubtful else found.exclude(reason=Unconfirmed.reason)


def replayable(deliveries: DeliveryQuerySet) -> DeliveryQuerySet:
    """Return those of ``deliveries`` that failed and could still be sent."""
    return deliveries.failed().filter(
        expires_at__gt=now(),
        message__content_sealed__isnull=False,
        message__deleted_at=None,
        link__removed_at=None,
        link__member__removed_at=None,
        link__member__role__in=ORGANIZATION_USERS,
        installation__state__in=LIVE_STATES,
    )


def replay(
    deliveries: DeliveryQuerySet,
    *,
    per_second: float = 5.0,
    progress: Callable[[int], None] = lambda _taken: None,
) -> int:
    """Let the relay send those of ``deliveries`` once more that can be; return their number.

    They become due in the order of their messages, at most ``per_second`` of them each second.
    Doing this twice does no harm: what waits or has arrived is not taken again. ``progress`` is
    told after each batch how many were taken so far.
    """
    chosen = replayable(deliveries).order_by("sent_at", "pk").values_list("pk", flat=True)
    ids = iter(list(chosen))
    start, taken = now(), 0
    while batch := list(islice(ids, BATCH)):
        taken += _replay_batch(batch, start, taken, timedelta(seconds=1 / per_second))
        progress(taken)
    return taken


@transaction.atomic
def _replay_batch(ids: list[UUID], start: datetime, before: int, pause: timedelta) -> int:
    locked = Delivery.objects.failed().select_for_update(no_key=True).filter(pk__in=ids)
    rows = list(locked.order_by("sent_at", "pk"))
    for place, delivery in enumerate(rows, before):
        delivery.state, delivery.reason, delivery.settled_at = DeliveryState.PENDING, REPLAYED, None
        delivery.tries = delivery.unconfirmed_tries = 0
        delivery.due_at = start + place * pause
    fields = ["state", "reason", "settled_at", "tries", "unconfirmed_tries", "due_at"]
    Delivery.objects.bulk_update(rows, fields)
    after_commit(wake_all, {(row.installation_id, row.lane) for row in rows})
    return len(rows)
