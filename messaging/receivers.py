"""What happens to queued messages when the link below them ends or moves."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.signals import links_moved, links_removed
from integrations.models import Installation
from messaging.models import Delivery
from messaging.moving import move_queue
from messaging.settlement import cancel


@receiver(links_removed)
def cancel_queue(link_ids: list[UUID], reason: str, **_: Any) -> None:
    """Everything that waits for an ended link is cancelled at once."""
    cancel(Delivery.objects.filter(link__in=link_ids), reason=reason)


@receiver(links_moved)
def take_queue_along(previous: Installation, installation: Installation, **_: Any) -> None:
    """What waits for a link waits on its new generation."""
    move_queue(previous, installation)
