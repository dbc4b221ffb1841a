"""What the bot does when a connection comes about."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from integrations.models import Installation
from integrations.signals import installation_connected
from messaging.bot.wakeups import wake_introduction


@receiver(installation_connected)
def introduce_new_bot(installation: Installation, **_: Any) -> None:
    """Greet in every language from the first moment; the daily round makes up for a lost hint."""
    transaction.on_commit(partial(wake_introduction, installation.pk))
