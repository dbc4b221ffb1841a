"""What happens to people's links when something below them ends."""

from typing import Any

from django.dispatch import receiver

from accounts.linking import RemovedReason, remove_links
from accounts.models import Link
from integrations.models import Installation
from integrations.signals import installation_removed


@receiver(installation_removed)
def end_links(installation: Installation, **_: Any) -> None:
    """A removed installation takes its links with it."""
    links = Link.objects.filter(installation=installation)
    remove_links(links, reason=RemovedReason.ORG_DISCONNECTED)
