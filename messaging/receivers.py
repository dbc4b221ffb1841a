"""What happens to queued messages when the link below them ends."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.signals import links_removed
from messaging.models import Delivery
from messaging.settlement import cancel


@receiver(links_removed)
def cancel_queue(link_ids: list[UUID], reason: str, **_: Any) -> None:
    """Everything that waits for an ended link is cancelled at once."""
    cancel(Delivery.objects.filter(link__in=link_ids), reason=reason)
