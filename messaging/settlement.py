"""Ending deliveries without a call, and forgetting what they carried."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import now

from messaging.models import Delivery, DeliveryQuerySet, DeliveryState, Message

# The most deliveries ended in one transaction.
BATCH = 500


def forget_content(message_ids: list[UUID]) -> None:
    """Blank the content of those messages that no delivery waits for any more."""
    waiting = Delivery.objects.open().filter(message=OuterRef("pk"))
    Message.objects.filter(~Exists(waiting), pk__in=message_ids).update(content_sealed=None)


@transaction.atomic
def cancel(deliveries: DeliveryQuerySet, *, reason: str) -> int:
    """Cancel those of ``deliveries`` that nobody is sending, and return how many they were.

    One that is being sent at this moment ends by what its call says; before another try it is
    checked again.
    """
    return _end(deliveries.waiting(), DeliveryState.CANCELLED, reason)


@transaction.atomic
def expire_batch() -> int:
    """End up to ``BATCH`` deliveries that are too old to send, and return how many they were."""
    late = Delivery.objects.waiting().filter(expires_at__lte=now())
    batch = late.order_by("expires_at").values_list("pk", flat=True)[:BATCH]
    return _end(Delivery.objects.filter(pk__in=list(batch)).waiting(), DeliveryState.EXPIRED, "")


def _end(deliveries: DeliveryQuerySet, state: DeliveryState, reason: str) -> int:
    rows = list(deliveries.values_list("pk", "message_id"))
    ended = (
        Delivery.objects.waiting()
        .filter(pk__in=[pk for pk, _ in rows])
        .update(state=state, reason=reason, settled_at=now())
    )
    forget_content([message_id for _, message_id in rows])
    return ended
