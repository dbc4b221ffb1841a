"""Cancellation: deliveries end without a call, and their content is forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import now

from core.metrics import ENDED
from integrations.models import GONE_STATES, Installation, Organization
from messaging.models import OPEN_STATES, Delivery, DeliveryQuerySet, DeliveryState, Message

# The most deliveries ended in one transaction.
BATCH = 500
# How far back a sweep looks for dead letters; what sweeps left out for longer, a job finds hourly.
FORGOTTEN_WITHIN = timedelta(days=2)


def forget_content(message_ids: Collection[UUID] | QuerySet[Any]) -> None:
    """Blank the content of those messages that no delivery waits for any more.

    Failed deliveries count as waiting until they would have expired: so long they can be replayed.

    The rows are locked first, or two deliveries of one message that settle at the same moment
    would each see the other one open.
    """
    messages = Message.objects.filter(pk__in=message_ids, content_sealed__isnull=False)
    _lock(messages)
    messages.filter(~_is_needed(OuterRef("pk"))).update(content_sealed=None)


def _is_needed(message: OuterRef) -> Exists:
    replayable = Q(state=DeliveryState.FAILED, expires_at__gt=now(), link__removed_at=None)
    waiting = Q(state__in=OPEN_STATES) | replayable
    return Exists(Delivery.objects.filter(waiting, message=message))


def _lock(messages: QuerySet[Message]) -> None:
    """Lock messages after their deliveries, and all at once: two who want the same must not meet.

    The ids are not handed on: they would make too long a list for another statement.
    """
    list(messages.select_for_update(no_key=True).values_list("pk", flat=True).order_by("pk"))


@transaction.atomic
def cancel(deliveries: DeliveryQuerySet, *, reason: str) -> int:
    """Cancel those of ``deliveries`` that nobody is sending, and return how many they were.

    One that is being sent at this moment ends by what its call says; before another try it is
    checked again.
    """
    return _end(deliveries, DeliveryState.CANCELLED, reason)


@transaction.atomic
def delete_message(organization: Organization, ovice_id: str, *, event_id: str) -> None:
    """Cancel what is not yet sent of a message that its sender deleted, and erase its text.

    One that is being sent at this moment may still arrive, but is not tried again. Of one that has
    not come in yet it is noted that it must not be sent.

    One that is being stored at this moment is not seen here and cannot see that note. A worker that
    reads the delivery after this is committed finds the note; one that read it before looks again.
    """
    known = Message.objects.filter(organization=organization, ovice_id=ovice_id)
    if not known.exists():
        Message.objects.create(
            organization=organization,
            ovice_id=ovice_id,
            event_id=event_id,
            sent_at=now(),
            skipped_reason="deleted",
        )
    _take_back(known)
    transaction.on_commit(partial(_take_back, known))


@transaction.atomic
def _take_back(known: QuerySet[Message]) -> None:
    copies = Delivery.objects.filter(message__in=known)
    _stop(copies, DeliveryState.CANCELLED, "deleted", now())
    _lock(known)
    known.update(content_sealed=None, deleted_at=now())


@transaction.atomic
def expire_batch() -> int:
    """End up to ``BATCH`` deliveries that are too old to send, and return how many they were."""
    late = Delivery.objects.waiting().filter(expires_at__lte=now())
    batch = late.order_by("expires_at").values_list("pk", flat=True)[:BATCH]
    return _end(Delivery.objects.filter(pk__in=list(batch)), DeliveryState.EXPIRED, "")


@transaction.atomic
def forget_failed(*, within: timedelta | None = FORGOTTEN_WITHIN) -> int:
    """Blank a batch of what failed and can no longer be replayed; return of how many deliveries.

    Only what has become too old ``within`` this time is looked at; with None, all of it.
    """
    at = now()
    failed = Delivery.objects.failed().filter(
        ~_is_needed(OuterRef("message")),
        expires_at__lte=at,
        message__content_sealed__isnull=False,
    )
    if within is not None:
        failed = failed.filter(expires_at__gte=at - within)
    ids = list(failed.values_list("message_id", flat=True)[:BATCH])
    forget_content(ids)
    return len(ids)


@transaction.atomic
def cancel_orphans() -> int:
    """Cancel up to ``BATCH`` deliveries whose installation is gone, and return how many.

    Removing an installation cancels what waits for it; this finds what was being accepted or sent
    at that very moment.
    """
    gone = Installation.objects.filter(state__in=GONE_STATES)
    batch = Delivery.objects.waiting().filter(installation__in=gone).values_list("pk", flat=True)
    orphans = Delivery.objects.filter(pk__in=list(batch[:BATCH]))
    return _end(orphans, DeliveryState.CANCELLED, "org_disconnected")


def _end(deliveries: DeliveryQuerySet, state: DeliveryState, reason: str) -> int:
    """End those of ``deliveries`` that wait, however many, without listing them."""
    at = now()
    ended = _stop(deliveries, state, reason, at)
    # Dead letters as well: where it was a link that ended, nobody replays them any more.
    over = Q(state=state, settled_at=at) | Q(state=DeliveryState.FAILED)
    forget_content(deliveries.filter(over).values("message_id"))
    return ended


def _stop(deliveries: DeliveryQuerySet, state: DeliveryState, reason: str, at: datetime) -> int:
    ended = deliveries.waiting().update(state=state, reason=reason, settled_at=at)
    ENDED.labels(state.value).inc(ended)
    return ended
