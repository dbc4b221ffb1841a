"""Telling ovice, where an operator wants it, which messages did not arrive: ids and a reason."""

from django.conf import settings

from integrations.ovice.callbacks import tell
from messaging.models import Delivery


def tell_of_failure(delivery: Delivery, *, reason: str) -> None:
    """Have ovice told that this delivery is given up; call it in the same transaction."""
    if not settings.OVICE_CALLBACK_FAILURES:
        return
    message = delivery.message
    tell(
        delivery.organization,
        "delivery.failed",
        message={"id": message.ovice_id},
        member={"id": message.recipient_ovice_id},
        reason=reason,
    )
