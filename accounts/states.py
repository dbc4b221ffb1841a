"""How a member's link stands, in the words of ovice's own settings page.

What is no organization user's business looks the same as what does not exist: ``unavailable``.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.linking import RemovedReason
from accounts.models import ORGANIZATION_USERS, Link, Member
from integrations.models import Installation, InstallationState, Organization


class LinkStatus(StrEnum):
    """What ovice shows: no item at all, **Link**, **Linked**, or either with a hint."""

    UNAVAILABLE = "unavailable"
    UNLINKED = "unlinked"
    LINKED = "linked"
    NEEDS_RELINK = "needs_relink"
    PAUSED = "paused"


# Ends that the member did not choose, and after which linking again would help.
_RELINK_REASONS = frozenset(
    {RemovedReason.EMAIL_CHANGED, RemovedReason.ACCOUNT_GONE, RemovedReason.ORG_DISCONNECTED}
)


@dataclass(frozen=True, slots=True)
class LinkState:
    """A member's link: ``reason`` says why it needs the member, the rest is there while it lasts.

    ``target`` is the key of the chat target in which the account is called ``account_name``.
    """

    status: LinkStatus
    reason: str = ""
    link_id: UUID | None = None
    linked_at: datetime | None = None
    target: str = ""
    account_name: str = ""


UNAVAILABLE = LinkState(LinkStatus.UNAVAILABLE)


def link_states(
    organization: Organization | None, ovice_ids: Collection[str]
) -> dict[str, LinkState]:
    """Return the state of each of ``ovice_ids``, in the same order and in few statements."""
    installation = _shown_installation(organization)
    found: dict[str, LinkState] = {}
    if organization is not None and installation is not None:
        members = _organization_users(organization, ovice_ids)
        links = _latest_links(members.values())
        found = {
            ovice_id: _state(organization, installation, links.get(member_id))
            for ovice_id, member_id in members.items()
        }
    return {ovice_id: found.get(ovice_id, UNAVAILABLE) for ovice_id in ovice_ids}


def _shown_installation(organization: Organization | None) -> Installation | None:
    """Return the connection that members see, or None where the feature is not to be seen."""
    if organization is None or organization.removed_at or not organization.feature_enabled:
        return None
    live = Installation.objects.live().filter(organization=organization)
    return live.order_by("connected_at").first()


def _organization_users(organization: Organization, ovice_ids: Collection[str]) -> dict[str, UUID]:
    users = Member.objects.filter(
        organization=organization,
        ovice_id__in=ovice_ids,
        removed_at=None,
        role__in=ORGANIZATION_USERS,
    )
    return dict(users.values_list("ovice_id", "pk"))


def _latest_links(member_ids: Iterable[UUID]) -> dict[UUID, Link]:
    """Return each member's active link, or else the one that ended last."""
    links = Link.objects.filter(member__in=list(member_ids)).order_by("linked_at")
    latest: dict[UUID, Link] = {}
    for link in links:
        before = latest.get(link.member_id)
        if before is None or before.removed_at is not None:
            latest[link.member_id] = link
    return latest


def _state(organization: Organization, installation: Installation, link: Link | None) -> LinkState:
    if link is None:
        return LinkState(LinkStatus.UNLINKED)
    if link.removed_at is not None:
        lost = link.removed_reason in _RELINK_REASONS
        status = LinkStatus.NEEDS_RELINK if lost else LinkStatus.UNLINKED
        return LinkState(status, reason=link.removed_reason if lost else "")
    status = LinkStatus.LINKED
    if organization.paused_at or installation.state == InstallationState.PAUSED:
        status = LinkStatus.PAUSED
    elif link.attention_at is not None:
        status = LinkStatus.NEEDS_RELINK
    return LinkState(
        status,
        reason=link.attention_reason if status == LinkStatus.NEEDS_RELINK else "",
        link_id=link.pk,
        linked_at=link.linked_at,
        target=installation.target,
        account_name=link.account_name or "",
    )
