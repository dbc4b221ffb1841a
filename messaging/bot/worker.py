"""Worker of the bot: it works off one installation's updates in lanes, one worker in each."""

import time
from uuid import UUID

import structlog

from core.db.reconnect import AWAY
from integrations.models import Installation
from messaging.bot.receipts import take_facts
from messaging.bot.turn import talk, waiting_accounts
from messaging.delivery.lanes import (
    Lease,
    give_back,
    hand_over,
    handed_over_on_failure,
    take_lease,
)
from messaging.delivery.wakeups import wake
from messaging.models import FACTS_LANE, TALK_LANES

logger = structlog.stdlib.get_logger(__name__)

# After so long the worker is given back, so that a busy bot does not hold up the relay.
SLICE_SECONDS = 5
PEOPLE = 48


def handle(installation_id: UUID, number: int) -> None:
    """Note facts, or answer people, for one time slice, and come back for the rest.

    Does nothing while another worker is in this lane: that one looks again before it leaves.
    """
    lease = take_lease(installation_id, number)
    if lease is None:
        return
    with handed_over_on_failure(lease):
        finished = _work(lease)
    if not finished and hand_over(lease):
        wake(installation_id, number)


def _work(lease: Lease) -> bool:
    """Return whether the lane was given back, with nothing left to do in it."""
    live = Installation.objects.live().select_related("organization")
    installation = live.filter(pk=lease.installation_id).first()
    end = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < end and lease.keep():
        if not (installation and _step(installation, lease, end)) and give_back(lease):
            return True
    return False


def _step(installation: Installation, lease: Lease, end: float) -> bool:
    """Do a bounded part of what waits; tell whether more may wait."""
    if lease.number == FACTS_LANE:
        return take_facts(installation)
    people = waiting_accounts(installation, PEOPLE)
    # Those who work in the other lanes begin elsewhere among the same people.
    first = len(people) * TALK_LANES.index(lease.number) // len(TALK_LANES)
    spoken = 0
    for account_id in (*people[first:], *people[:first]):
        if time.monotonic() > end or not lease.keep():
            return True
        spoken += _talk(installation, account_id)
    # A person with whom another worker speaks, or who cannot be reached, is left to the sweep.
    return spoken > 0 and len(people) == PEOPLE


def _talk(installation: Installation, account_id: str) -> bool:
    """Take a turn as ``talk`` does; what one person's updates break silences nobody else."""
    try:
        return talk(installation, account_id)
    except AWAY:
        raise
    except Exception:
        logger.exception("conversation: failed", installation=installation.pk)
        return False
