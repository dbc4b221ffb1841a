"""What happens to people's links when something below them ends, or is replaced."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.erasure import erase_account
from accounts.linking import RemovedReason, remove_links
from accounts.models import Link
from accounts.resolving import RESOLVE_LINKS, move_links
from integrations.hints import hint
from integrations.ledger import Removal
from integrations.models import Installation
from integrations.signals import (
    account_deletion_requested,
    installation_connected,
    installation_removed,
)


@receiver(installation_removed)
def end_links(installation: Installation, **_: Any) -> None:
    """A removed installation takes its links with it."""
    links = Link.objects.filter(installation=installation)
    remove_links(links, reason=RemovedReason.ORG_DISCONNECTED)


@receiver(account_deletion_requested)
def erase_whoever_has(target: str, account_id: str, **_: Any) -> Removal | None:
    """A chat target asks to delete what belongs to one of its accounts."""
    return erase_account(target, account_id)


@receiver(installation_connected)
def take_links_over(
    installation: Installation, previous: Installation | None = None, **_: Any
) -> None:
    """A new generation of the same community takes the links over."""
    if previous is not None:
        move_links(previous, installation)
        transaction.on_commit(partial(hint, RESOLVE_LINKS, str(installation.pk)), robust=True)
