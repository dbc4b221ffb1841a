"""Carrying what waits over to the next generation of an installation."""

from django.db import transaction

from integrations.models import Installation
from messaging.models import Delivery, Lane


@transaction.atomic
def move_queue(previous: Installation, installation: Installation) -> int:
    """Let ``installation`` send what waits on ``previous``; return how many deliveries those are.

    The lanes go along with their leases and fences, so that whoever is sending at this moment can
    still settle, and nobody takes its delivery for abandoned. The caller holds the links' locks.
    """
    Lane.objects.filter(installation=previous).update(installation=installation, woken_at=None)
    waiting = Delivery.objects.open().filter(installation=previous)
    return waiting.update(installation=installation)
