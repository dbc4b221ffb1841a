"""What happens to people's links when something below them ends."""

from typing import Any

from django.dispatch import receiver

from accounts.erasure import erase_account
from accounts.linking import RemovedReason, remove_links
from accounts.models import Link
from integrations.ledger import Removal
from integrations.models import Installation
from integrations.signals import account_deletion_requested, installation_removed


@receiver(installation_removed)
def end_links(installation: Installation, **_: Any) -> None:
    """A removed installation takes its links with it."""
    links = Link.objects.filter(installation=installation)
    remove_links(links, reason=RemovedReason.ORG_DISCONNECTED)


@receiver(account_deletion_requested)
def erase_whoever_has(target: str, account_id: str, **_: Any) -> Removal | None:
    """A chat target asks to delete what belongs to one of its accounts."""
    return erase_account(target, account_id)
