"""Receivers for queued messages: something below them moves, changes or ends."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.models import Member
from accounts.signals import choices_changed, links_moved, links_removed
from integrations.models import Installation
from messaging.delivery.cancel import cancel
from messaging.delivery.transfer import move_queue
from messaging.delivery.wakeups import look_again
from messaging.models import RESTING, Delivery


@receiver(links_removed)
def cancel_queue(link_ids: list[UUID], reason: str, **_: Any) -> None:
    """Everything that waits for an ended link is cancelled at once, its dead letters forgotten."""
    cancel(Delivery.objects.filter(link__in=link_ids), reason=reason)


@receiver(links_moved)
def take_queue_along(previous: Installation, installation: Installation, **_: Any) -> None:
    """Deliveries that wait for a link wait on its new generation."""
    move_queue(previous, installation)


@receiver(choices_changed)
def end_rest(member: Member, **_: Any) -> None:
    """Resting deliveries are looked at again: the member may not rest any more."""
    look_again(Delivery.objects.filter(link__member=member, reason=RESTING))
