"""What the bot does when a connection comes about, and when somebody asks to be forgotten."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from integrations.models import Installation, InstallationKind
from integrations.signals import installation_connected, stranger_erased
from messaging.bot.wakeups import wake_introduction
from messaging.chats import Conversation, ReceivedUpdate


@receiver(stranger_erased)
def forget_stranger(target: str, account_id: str, **_: Any) -> dict[str, int]:
    """Whoever talked with the third-party app's bot without being linked is gone at once."""
    told_to = Installation.objects.filter(target=target, kind=InstallationKind.THIRD_PARTY)
    gone = {}
    for model in (ReceivedUpdate, Conversation):
        rows = model.objects.filter(installation__in=told_to, account_id=account_id)
        gone[model._meta.label] = rows.delete()[0]  # noqa: SLF001 - Django's public API
    return gone


@receiver(installation_connected)
def introduce_new_bot(installation: Installation, **_: Any) -> None:
    """Greet in every language from the first moment; the daily round makes up for a lost hint."""
    transaction.on_commit(partial(wake_introduction, installation.pk))
