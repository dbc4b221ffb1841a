"""Waiting deliveries: each must have a reason to wait, and end in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from accounts.models import Link
from integrations.models import LIVE_STATES
from messaging.models import Attempt, Delivery, DeliveryState
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding
from messaging.monitoring.components import minutes_since
from messaging.monitoring.scope import OPEN, WAITING, first_id, may_send

# The sweep wakes a lane within seconds, and a worker gives a lane back after seconds.
LATE = timedelta(minutes=5)
# Where every worker is busy, a lane's turn may take some minutes to come.
IDLE_FOR = timedelta(minutes=10)
# With calls going out all the same, so long may the oldest wait.
BEHIND = timedelta(minutes=12)
# Accounts are looked up anew every minute after a token was replaced.
UNRESOLVED_FOR = timedelta(hours=1)
# Time after which a delivery should have been expired.
OVERDUE = timedelta(minutes=12)

Slice = tuple[UUID, UUID, int]


def find(at: datetime) -> Iterator[Finding]:
    """Yield the installations whose deliveries wait without a reason."""
    late = _late(at)
    slices = set(late.values_list("organization", "installation", "lane").distinct().order_by())
    idle = slices - _busy(at) if slices else set()
    stuck: dict[tuple[UUID, UUID], int] = {}
    for organization_id, installation_id, lane in sorted(idle):
        here = late.filter(installation=installation_id, lane=lane)
        if _has_a_head(here):
            key = (organization_id, installation_id)
            stuck[key] = stuck.get(key, 0) + here.count()
    _add(stuck, _left_behind(at))
    for key, count in stuck.items():
        yield Finding(Kind.STUCK, *key, facts={"count": count})
    yield from _behind(at, late, set(stuck))
    yield from _links(at)


def _late(at: datetime) -> QuerySet[Delivery]:
    """Those that should have been sent a while ago, if nothing keeps their installation still."""
    return Delivery.objects.filter(
        may_send(at), state__in=WAITING, due_at__lte=at - LATE, link__unresolved_at=None
    )


def _busy(at: datetime) -> set[Slice]:
    """Return the lanes in which calls were made lately."""
    lately = Attempt.objects.filter(pk__gte=first_id(at - IDLE_FOR))
    lanes = lately.values_list("organization", "delivery__installation", "delivery__lane")
    return set(lanes.distinct().order_by())


def _has_a_head(late: QuerySet[Delivery]) -> bool:
    """Return whether one of them waits behind no other of its recipient."""
    older = Q(sent_at__lt=OuterRef("sent_at")) | Q(
        sent_at=OuterRef("sent_at"), pk__lt=OuterRef("pk")
    )
    before = Delivery.objects.filter(older, link=OuterRef("link"), state__in=OPEN)
    return late.filter(~Exists(before)).exists()


def _left_behind(at: datetime) -> dict[tuple[UUID, UUID], int]:
    """Count what a worker was sending when it vanished, and what is too old and still waits."""
    abandoned = Q(
        state=DeliveryState.SENDING, claimed_at__lte=at - settings.RELAY_LEASE - LATE
    ) & may_send(at)
    too_old = Q(state__in=WAITING, expires_at__lte=at - OVERDUE)
    found: dict[tuple[UUID, UUID], int] = {}
    for condition in (abandoned, too_old):
        rows = Delivery.objects.filter(condition).values_list("organization", "installation")
        counted = rows.annotate(count=Count("pk")).order_by()
        _add(found, {(organization, one): count for organization, one, count in counted})
    return found


def _add(found: dict[tuple[UUID, UUID], int], more: dict[tuple[UUID, UUID], int]) -> None:
    for key, count in more.items():
        found[key] = found.get(key, 0) + count


def _behind(
    at: datetime, late: QuerySet[Delivery], stuck: set[tuple[UUID, UUID]]
) -> Iterator[Finding]:
    """Yield those that send, but far too late; a recipient's own wait for a retry is none."""
    rows = late.filter(due_at__lte=at - BEHIND, tries=0, unconfirmed_tries=0)
    oldest = rows.values_list("organization", "installation").annotate(first=Min("due_at"))
    for organization_id, installation_id, first in oldest.order_by():
        here = rows.filter(installation=installation_id)
        if (organization_id, installation_id) not in stuck and _has_a_head(here):
            facts = {"minutes": minutes_since(first, at)}
            yield Finding(Kind.BEHIND, organization_id, installation_id, facts=facts)


def _links(at: datetime) -> Iterator[Finding]:
    """Yield the installations whose links wait for their accounts, and keep DMs waiting."""
    waiting = Delivery.objects.filter(link=OuterRef("pk"), state__in=WAITING)
    links = Link.objects.filter(
        may_send(at),
        Exists(waiting),
        removed_at=None,
        unresolved_at__lte=at - UNRESOLVED_FOR,
        installation__state__in=LIVE_STATES,
    )
    counted = links.values_list("organization", "installation").annotate(count=Count("pk"))
    for organization_id, installation_id, count in counted.order_by():
        yield Finding(Kind.LINKS_WAIT, organization_id, installation_id, facts={"count": count})
