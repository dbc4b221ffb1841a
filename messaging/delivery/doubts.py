"""Unconfirmed calls: they left and were never answered; an echo proves what became of them."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.timezone import now

from integrations.targets.errors import Unconfirmed
from messaging.delivery.wakeups import wake
from messaging.models import WAITING_STATES, Delivery, DeliveryState, Message


def is_in_doubt(delivery: Delivery) -> bool:
    """Return whether the last call of a delivery, as it was read, may or may not have arrived."""
    return delivery.reason == Unconfirmed.reason and not is_proven(delivery)


def is_proven(delivery: Delivery) -> bool:
    """Return whether an echo has shown a text of which we have not noted that it arrived."""
    return delivery.parts_echoed > delivery.parts_sent


def take_up_again(delivery_id: UUID) -> bool:
    """Have a delivery that is proven looked at now, also one that was given up in doubt.

    Parts that have arrived are not sent again: they are written down, and the rest is sent. The
    proof of an earlier text proves nothing of the one that is in doubt.
    """
    text_is_there = Message.objects.filter(pk=OuterRef("message"), content_sealed__isnull=False)
    given_up = Q(Exists(text_is_there), state=DeliveryState.FAILED, reason=Unconfirmed.reason)
    proven = Delivery.objects.filter(
        Q(state__in=WAITING_STATES) | given_up, pk=delivery_id, parts_echoed__gt=F("parts_sent")
    )
    if not proven.update(state=DeliveryState.UNCONFIRMED, settled_at=None, due_at=now()):
        return False
    lanes = Delivery.objects.filter(pk=delivery_id)
    for lane in lanes.values_list("installation_id", "lane"):
        transaction.on_commit(partial(wake, *lane))
    return True
