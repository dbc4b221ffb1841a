"""Receivers of the bot: a connection comes about."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from integrations.models import Installation
from integrations.signals import installation_connected
from messaging.bot.wakeups import wake_introduction
from messaging.models.bot import TALKED, Conversation, ReceivedUpdate


@receiver(installation_connected)
def go_on_talking(
    installation: Installation, previous: Installation | None = None, **_: Any
) -> None:
    """A new token is no new bot: what it was told and what it owes is not lost.

    Of what was worked off already it takes along what must not work twice.
    """
    if previous is None or previous.bot_id != installation.bot_id:
        return
    Conversation.objects.filter(installation=previous).update(installation=installation)
    told = ReceivedUpdate.objects.filter(installation=previous)
    told.filter(Q(handled_at=None) | Q(kind__in=TALKED)).update(installation=installation)


@receiver(installation_connected)
def introduce_new_bot(installation: Installation, **_: Any) -> None:
    """Greet in every language from the first moment; the daily round makes up for a lost hint."""
    transaction.on_commit(partial(wake_introduction, installation.pk))
