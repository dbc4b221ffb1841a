"""Receivers of the bot: a connection comes about, or a person asks to be forgotten."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from integrations.models import Installation, InstallationKind
from integrations.signals import installation_connected, stranger_erased
from messaging.bot.wakeups import wake_introduction
from messaging.models.bot import TALKED, Conversation, ReceivedUpdate


@receiver(stranger_erased)
def forget_stranger(target: str, account_id: str, **_: Any) -> dict[str, int]:
    """A stranger who talked with the third-party app's bot without being linked is gone at once."""
    told_to = Installation.objects.filter(target=target, kind=InstallationKind.THIRD_PARTY)
    gone = {}
    for model in (ReceivedUpdate, Conversation):
        rows = model.objects.filter(installation__in=told_to, account_id=account_id)
        gone[model._meta.label] = rows.delete()[0]  # noqa: SLF001 - Django's public API
    return gone


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
