"""Proof of arrival: a target tells us of our own message as it stands in the chat.

A call sends along which delivery and which of its texts it carries; the echo brings that back. It
often comes before the call's own answer, and also when that answer never comes.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from integrations.models import Installation
from integrations.targets.errors import Unconfirmed
from messaging.delivery.doubts import take_up_again
from messaging.models import OPEN_STATES, Delivery, DeliveryState

# A delivery given up in doubt may have arrived all the same.
_WANTS_PROOF = Q(state__in=OPEN_STATES) | Q(state=DeliveryState.FAILED, reason=Unconfirmed.reason)
# A message of 8,000 characters makes far fewer.
MOST_PARTS = 100


def reference_of(delivery: Delivery) -> str:
    """Return what to send along with this delivery's next text: its id and the text's number."""
    return f"{delivery.pk}.{delivery.parts_sent + 1}"


def confirm(installation: Installation, reference: str) -> bool:
    """Note that the text with this reference has arrived; return False when nobody waits to know.

    A delivery that waits for another try is looked at again at once, also one that was given up in
    doubt: with the proof it is not sent twice, and keeps nothing behind it back.
    """
    found = _read(reference)
    if found is None:
        return False
    delivery_id, part = found
    with transaction.atomic():
        mine = Delivery.objects.filter(
            _WANTS_PROOF,
            pk=delivery_id,
            organization_id=installation.organization_id,
            parts_echoed__lt=part,
        )
        if not mine.update(parts_echoed=part):
            return False
        take_up_again(delivery_id)
    return True


def _read(reference: str) -> tuple[UUID, int] | None:
    """Return the delivery's id and the number of its text, or None for what is none of ours."""
    name, _dot, number = reference.partition(".")
    try:
        delivery_id, part = UUID(name), int(number)
    except ValueError:
        return None
    return (delivery_id, part) if 0 < part <= MOST_PARTS else None
