"""Leases of lanes: who may drain a slice of recipients, and how a successor takes over."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists
from django.utils.timezone import now

from messaging.models import Delivery, DeliveryQuerySet, DeliveryState, Lane


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to drain one lane for a while; ``fence`` proves that it is still ours."""

    lane_id: int
    installation_id: UUID
    number: int
    fence: int

    def deliveries(self) -> DeliveryQuerySet:
        """Return all deliveries that fall in this lane."""
        return Delivery.objects.filter(installation_id=self.installation_id, lane=self.number)

    def held(self) -> Exists:
        """Return a condition that is true as long as nobody else has leased the lane."""
        return Exists(Lane.objects.filter(pk=self.lane_id, fence=self.fence))


@transaction.atomic
def take_lease(installation_id: UUID, number: int) -> Lease | None:
    """Lease the lane and take up its wake-up, or return None while somebody else drains it."""
    at = now()
    lane = (
        Lane.objects.select_for_update()
        .filter(installation_id=installation_id, number=number)
        .first()
    )
    if lane is None or (lane.leased_until is not None and lane.leased_until > at):
        return None
    lane.fence += 1
    lane.leased_until = at + settings.RELAY_LEASE
    lane.woken_at = None
    lane.save(update_fields=["fence", "leased_until", "woken_at"])
    return Lease(lane.pk, installation_id, number, lane.fence)


def renew(lease: Lease) -> bool:
    """Extend the lease before another call; return False when somebody else has the lane."""
    ours = Lane.objects.filter(pk=lease.lane_id, fence=lease.fence)
    return bool(ours.update(leased_until=now() + settings.RELAY_LEASE))


def release(lease: Lease) -> bool:
    """Give the lane back; return whether somebody tried to wake it meanwhile.

    Whoever was turned away while we held the lane left ``woken_at`` set, and counts on us: it is
    taken back here, or it would keep the next wake-up from being queued.
    """
    ours = Lane.objects.filter(pk=lease.lane_id, fence=lease.fence)
    ours.update(leased_until=None)
    return bool(ours.filter(woken_at__isnull=False).update(woken_at=None))


def abandoned(lease: Lease) -> list[Delivery]:
    """Return what an earlier holder of the lane was sending when it vanished."""
    left = lease.deliveries().filter(state=DeliveryState.SENDING, fence__lt=lease.fence)
    return list(left.select_related("installation"))
