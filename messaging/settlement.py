"""Ending deliveries without a call, and forgetting what they carried."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import now

from integrations.models import GONE_STATES, Installation, Organization
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
def delete_message(organization: Organization, ovice_id: str) -> None:
    """Cancel what is not yet sent of a message that its sender deleted, and erase its text.

    One that is being sent at this moment may still arrive, but is not tried again.
    """
    messages = Message.objects.filter(organization=organization, ovice_id=ovice_id)
    cancel(Delivery.objects.filter(message__in=messages), reason="deleted")
    messages.update(content_sealed=None)


@transaction.atomic
def expire_batch() -> int:
    """End up to ``BATCH`` deliveries that are too old to send, and return how many they were."""
    late = Delivery.objects.waiting().filter(expires_at__lte=now())
    batch = late.order_by("expires_at").values_list("pk", flat=True)[:BATCH]
    return _end(Delivery.objects.filter(pk__in=list(batch)).waiting(), DeliveryState.EXPIRED, "")


@transaction.atomic
def cancel_orphans() -> int:
    """Cancel up to ``BATCH`` deliveries whose installation is gone, and return how many.

    Removing an installation cancels what waits for it; this finds what was being accepted or sent
    at that very moment.
    """
    gone = Installation.objects.filter(state__in=GONE_STATES)
    batch = Delivery.objects.waiting().filter(installation__in=gone).values_list("pk", flat=True)
    orphans = Delivery.objects.filter(pk__in=list(batch[:BATCH]))
    return _end(orphans.waiting(), DeliveryState.CANCELLED, "org_disconnected")


def _end(deliveries: DeliveryQuerySet, state: DeliveryState, reason: str) -> int:
    rows = list(deliveries.values_list("pk", "message_id"))
    ended = (
        Delivery.objects.waiting()
        .filter(pk__in=[pk for pk, _ in rows])
        .update(state=state, reason=reason, settled_at=now())
    )
    forget_content([message_id for _, message_id in rows])
    return ended
