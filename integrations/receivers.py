"""Receivers that tell ovice of an organization's connection."""

from typing import Any

from django.dispatch import receiver

from integrations.models import Installation
from integrations.ovice.callbacks import tell
from integrations.signals import (
    installation_connected,
    installation_healed,
    installation_needs_attention,
    installation_removed,
)


@receiver(installation_connected)
def tell_connected(installation: Installation, **_: Any) -> None:
    """Members may link now."""
    tell(installation.organization, "organization.connected", target=installation.target)


@receiver(installation_removed)
def tell_disconnected(installation: Installation, **_: Any) -> None:
    """No member may link any more; the links are told of one by one."""
    tell(installation.organization, "organization.disconnected", target=installation.target)


@receiver(installation_needs_attention)
def tell_attention(installation: Installation, reason: str, **_: Any) -> None:
    """Nothing is delivered until an owner acts."""
    tell(
        installation.organization,
        "organization.attention",
        target=installation.target,
        state="attention",
        reason=reason,
    )


@receiver(installation_healed)
def tell_healed(installation: Installation, **_: Any) -> None:
    """It is delivered again."""
    tell(
        installation.organization,
        "organization.attention",
        target=installation.target,
        state="healed",
    )
