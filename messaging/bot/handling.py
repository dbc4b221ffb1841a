"""Working off what one installation was told."""

import time
from uuid import UUID

from integrations.models import Installation
from messaging.bot.facts import BATCH, take_facts
from messaging.bot.talk import talk, waiting_accounts
from messaging.bot.wakeups import wake

# After so long the worker is given back, so that a busy bot does not hold up the relay.
SLICE_SECONDS = 5
PEOPLE = 50


def handle(installation_id: UUID) -> None:
    """Note facts and answer people for one time slice, and come back for the rest."""
    installation = (
        Installation.objects.live()
        .select_related("organization")
        .filter(pk=installation_id)
        .first()
    )
    if installation is None:
        return
    end = time.monotonic() + SLICE_SECONDS
    while take_facts(installation) == BATCH and time.monotonic() < end:
        pass
    people = waiting_accounts(installation, PEOPLE)
    for account_id in people:
        if time.monotonic() > end:
            wake(installation_id)
            return
        talk(installation, account_id)
    if len(people) == PEOPLE:
        wake(installation_id)
