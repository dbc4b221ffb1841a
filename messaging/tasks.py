"""The relay's Celery tasks; each calls one plain function. Arguments are ids, never content."""

import logging
from uuid import UUID

from celery import shared_task
from django.utils.timezone import now

from messaging import relay, settlement, wakeups

logger = logging.getLogger(__name__)


@shared_task(name=wakeups.RELAY_LANE)
def relay_lane(installation_id: str, number: int) -> None:
    """Drain one lane for one time slice."""
    relay.relay_lane(UUID(installation_id), number)


@shared_task
def sweep() -> None:
    """Wake every lane with something due, and end what is too old or belongs to nobody any more."""
    woken = wakeups.sweep(now())
    expired, orphans = settlement.expire_batch(), settlement.cancel_orphans()
    if woken or expired or orphans:
        logger.info("sweep: woke %d lanes, expired %d, cancelled %d", woken, expired, orphans)
