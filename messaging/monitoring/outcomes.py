"""Accepted messages against their outcomes, one by one and per installation."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from integrations.models.removal import Removal, RemovalScope
from messaging.models import (
    RESTING,
    Attempt,
    Delivery,
    DeliveryState,
    Message,
    Outcome,
    ReceivedEvent,
)
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding
from messaging.monitoring.scope import OPEN, SETTLING, made_between, may_send, window

# Failures that one recipient alone meets are no trouble of the installation.
FEWEST, FEWEST_LINKS = 3, 2
# The reason of one that was sent once more by hand and not tried since.
REPLAYED = "replayed"
# So many deliveries without an echo are no chance.
FEWEST_ECHOES = 10
# How long a settled message may keep its text.
ERASED_WITHIN = timedelta(minutes=12)


def find(at: datetime) -> Iterator[Finding]:
    """Yield what did not end as it should."""
    yield from _per_organization(Kind.LOST, _without_message(at), _without_delivery(at))
    yield from _per_organization(Kind.UNPROVEN, _unproven(at))
    yield from _per_organization(Kind.TEXT_KEPT, _with_text(at))
    yield from _nothing_delivered(at)
    yield from _silent(at)


def _per_organization(kind: Kind, *found: QuerySet[Any]) -> Iterator[Finding]:
    counts: Counter[UUID] = Counter()
    for rows in found:
        counted = rows.values_list("organization").annotate(count=Count("pk")).order_by()
        counts.update(dict(counted))
    for organization_id, count in counts.items():
        yield Finding(kind, organization_id, facts={"count": count})


def _being_purged() -> QuerySet[Any]:
    """Organizations of which rows go at this moment."""
    begun = Removal.objects.filter(finished_at=None, begun_at__isnull=False)
    return begun.exclude(organization=None).values("organization")


def _without_message(at: datetime) -> QuerySet[Any]:
    """Events that were called accepted and left no message.

    A generation's purge takes the messages and leaves the events, so only later ones are looked at.
    """
    purges = Removal.objects.filter(scope=RemovalScope.INSTALLATION)
    since = max(window(at), purges.aggregate(last=Max("finished_at"))["last"] or window(at))
    there = Message.objects.filter(
        organization=OuterRef("organization"), event_id=OuterRef("ovice_id")
    )
    events = ReceivedEvent.objects.filter(
        ~Exists(there), received_at__range=(since, at - SETTLING), outcome="accepted"
    )
    return events.exclude(organization=None).exclude(organization__in=_being_purged())


def _without_delivery(at: datetime) -> QuerySet[Any]:
    """Messages that were accepted and are on the way to nobody."""
    there = Delivery.objects.filter(message=OuterRef("pk"))
    messages = Message.objects.filter(
        made_between(window(at), at - SETTLING), ~Exists(there), skipped_reason="", deleted_at=None
    )
    return messages.exclude(organization__in=_being_purged())


def _unproven(at: datetime) -> QuerySet[Any]:
    """Deliveries that are called delivered although no call succeeded and no echo came."""
    accepted = Attempt.objects.filter(delivery=OuterRef("pk"), outcome=Outcome.SENT)
    deliveries = Delivery.objects.filter(
        made_between(window(at), at - SETTLING),
        ~Exists(accepted),
        state=DeliveryState.DELIVERED,
        parts_echoed=0,
        settled_at__lte=at - SETTLING,
    )
    return deliveries.exclude(organization__in=_being_purged())


def _with_text(at: datetime) -> QuerySet[Any]:
    """Messages that are settled, cannot be replayed, and still have their text."""
    limit = at - ERASED_WITHIN
    replayable = Q(state=DeliveryState.FAILED, expires_at__gt=limit, link__removed_at=None)
    needed = Q(state__in=OPEN) | replayable | Q(settled_at__gt=limit)
    waiting = Delivery.objects.filter(needed, message=OuterRef("pk"))
    return Message.objects.filter(
        made_between(window(at), limit), ~Exists(waiting), content_sealed__isnull=False
    )


def _recent(at: datetime) -> QuerySet[Delivery]:
    made = made_between(window(at), at - SETTLING)
    return Delivery.objects.filter(made, may_send(at)).exclude(reason=RESTING)


def _nothing_delivered(at: datetime) -> Iterator[Finding]:
    """Yield the installations that have delivered nothing of what they accepted last."""
    # Untried deliveries are asked about elsewhere; cancelled ones are settled.
    untried = Q(state=DeliveryState.PENDING, reason__in=("", REPLAYED))
    recent = _recent(at).exclude(untried).exclude(state=DeliveryState.CANCELLED)
    newest = Max("message__accepted_at")
    arrived = Max("message__accepted_at", filter=Q(state=DeliveryState.DELIVERED))
    rows = (
        recent.values_list("organization", "installation")
        .annotate(newest=newest, arrived=arrived)
        .order_by()
    )
    for organization_id, installation_id, last, last_arrived in rows:
        if last_arrived is not None and last_arrived >= last:
            continue
        since = Q(message__accepted_at__gt=last_arrived) if last_arrived else Q()
        here = recent.filter(since, installation=installation_id)
        if here.values("link").distinct().count() < FEWEST_LINKS or here.count() < FEWEST:
            continue
        reasons = Counter(f"{state} {reason}".strip() for state, reason in _ends(here))
        facts = {"count": reasons.total(), "reasons": in_words(reasons)}
        yield Finding(Kind.NOTHING_DELIVERED, organization_id, installation_id, facts=facts)


def _ends(deliveries: QuerySet[Delivery]) -> Iterator[tuple[str, str]]:
    yield from deliveries.values_list("state", "reason").order_by().iterator()


def in_words(counted: Counter[str], most: int = 3) -> str:
    """Return the most frequent ones with their numbers: ``failed gone 3, pending 1``."""
    return ", ".join(f"{name} {count}" for name, count in counted.most_common(most))


def _silent(at: datetime) -> Iterator[Finding]:
    """Yield the installations whose target told of no delivery, though it once told of some."""
    delivered = _recent(at).filter(
        state=DeliveryState.DELIVERED,
        settled_at__lte=at - SETTLING,
        installation__told_at__isnull=False,
    )
    heard = Q(parts_echoed__gt=0) | Q(reached_at__isnull=False) | Q(seen_at__isnull=False)
    rows = delivered.values_list("organization", "installation").annotate(
        count=Count("pk"), heard=Count("pk", filter=heard)
    )
    for organization_id, installation_id, count, told in rows.order_by():
        if count >= FEWEST_ECHOES and not told:
            facts = {"count": count}
            yield Finding(Kind.WEBHOOKS_SILENT, organization_id, installation_id, facts=facts)
