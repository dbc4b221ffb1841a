"""Transfer of waiting deliveries to the next generation of an installation."""

from django.db import transaction

from integrations.models import Installation
from messaging.models import FACTS_LANE, Delivery, Lane


@transaction.atomic
def move_queue(previous: Installation, installation: Installation) -> int:
    """Let ``installation`` send what waits on ``previous``; return how many deliveries those are.

    The lanes go along with their leases and fences, so that whoever is sending at this moment can
    still settle, and nobody takes its delivery for abandoned. The bot's lanes stay: what the old
    bot was told is not the new one's. The caller holds the links' locks.
    """
    lanes = Lane.objects.filter(installation=previous, number__lt=FACTS_LANE)
    # In the order in which others lock several; strongly, since a lane's installation is a key.
    list(lanes.select_for_update().values_list("pk", flat=True).order_by("pk"))
    lanes.update(installation=installation, woken_at=None)
    # Waiting deliveries come before those being sent, as a worker's claim takes them. Once all that
    # waits has moved, nobody can claim, so that whoever is sending can only settle.
    theirs = Delivery.objects.filter(installation=previous)
    moved = theirs.waiting().update(installation=installation)
    return moved + theirs.open().update(installation=installation)
