"""Callbacks to ovice about people's links, and our questions to it about who they are."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.dispatch import receiver

from accounts.directory.schedule import ask_for_sync
from accounts.models import Link
from accounts.signals import link_made, link_needs_attention, links_removed
from integrations.models import Installation
from integrations.ovice.callbacks import tell, tell_many
from integrations.signals import installation_connected


@receiver(link_made)
def tell_link_created(link: Link, **_: Any) -> None:
    """ovice may show **Linked** now."""
    tell(link.organization, "link.created", member={"id": link.member.ovice_id})


@receiver(links_removed)
def tell_links_removed(link_ids: list[UUID], reason: str, **_: Any) -> None:
    """ovice may show **Link** again; it hears who, or what, ended it."""
    ended = Link.objects.filter(pk__in=link_ids).select_related("organization", "member")
    for organization, links in groupby(
        ended.order_by("organization_id", "pk"), key=lambda link: link.organization
    ):
        ended_links = [{"member": {"id": link.member.ovice_id}, "by": reason} for link in links]
        tell_many(organization, "link.removed", ended_links)


@receiver(link_needs_attention)
def tell_link_needs_attention(link: Link, **_: Any) -> None:
    """ovice may show the member a hint."""
    tell(
        link.organization,
        "link.needs_attention",
        member={"id": link.member.ovice_id},
        reason=link.attention_reason,
    )


@receiver(installation_connected)
def read_directory_at_setup(installation: Installation, **_: Any) -> None:
    """Members can link as soon as we know them."""
    if settings.OVICE_DIRECTORY_URL:
        ask_for_sync(installation.organization)
