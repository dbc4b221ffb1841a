"""Status of a member's link: what the button says, and why.

The statuses are the contract's (section 7.7): ovice's settings page and our own show the same.
Answers beyond an organization user's business look like those about nothing: ``unavailable``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.linking.link import RemovedReason
from accounts.models import ORGANIZATION_USERS, Link, Member
from integrations.models import Installation, InstallationState, Organization
from integrations.targets.setup import Words


class LinkStatus(StrEnum):
    """Item that is shown: none at all, **Link**, **Linked**, or either with a hint."""

    UNAVAILABLE = "unavailable"
    UNLINKED = "unlinked"
    LINKED = "linked"
    NEEDS_RELINK = "needs_relink"
    PAUSED = "paused"


LABELS: Mapping[LinkStatus, Words] = {
    LinkStatus.UNAVAILABLE: _("Not available"),
    LinkStatus.UNLINKED: _("Not linked"),
    LinkStatus.LINKED: _("Linked"),
    LinkStatus.NEEDS_RELINK: _("Needs attention"),
    LinkStatus.PAUSED: _("Linked, paused"),
}
# The active link, or else the one that ended last, comes at the end.
_NEWEST_LAST = (F("removed_at").asc(nulls_last=True), "linked_at")


@dataclass(frozen=True, slots=True)
class LinkState:
    """A status, the reason where there is something to say, and the active link, or None.

    A link that is still there although the target takes nothing for its account ``needs_relink``.
    """

    status: LinkStatus
    reason: str = ""
    link: Link | None = None

    @property
    def label(self) -> str:
        """The status in the reader's language, the same on every page."""
        return str(LABELS[self.status])

    @property
    def link_id(self) -> UUID | None:
        """The id of the active link."""
        return self.link.pk if self.link else None

    @property
    def linked_at(self) -> datetime | None:
        """Since when it is linked."""
        return self.link.linked_at if self.link else None

    @property
    def target(self) -> str:
        """The key of the chat target in which the account is called ``account_name``."""
        return self.link.installation.target if self.link else ""

    @property
    def account_name(self) -> str:
        """Name of the account there."""
        return (self.link.account_name or "") if self.link else ""


UNAVAILABLE = LinkState(LinkStatus.UNAVAILABLE)


def connections(organization: Organization) -> list[Installation]:
    """Return the connections that members see, the oldest first; at most one for each target."""
    if not _shows_links(organization):
        return []
    live = Installation.objects.live().filter(organization=organization)
    return list(live.select_related("organization").order_by("connected_at"))


def link_states(
    organization: Organization | None, ovice_ids: Collection[str]
) -> dict[str, LinkState]:
    """Return the state of each of ``ovice_ids``, in the same order and in few statements."""
    seen = connections(organization) if organization else []
    found: dict[str, LinkState] = {}
    if seen:
        members = Member.objects.filter(organization=organization, ovice_id__in=ovice_ids)
        states = member_states(members, seen[0])
        found = {member.ovice_id: states[member.pk] for member in members}
    return {ovice_id: found.get(ovice_id, UNAVAILABLE) for ovice_id in ovice_ids}


def member_states(members: Iterable[Member], installation: Installation) -> dict[UUID, LinkState]:
    """Return how each of ``members`` stands with one live connection, by id, in one statement."""
    users = {member.pk: member for member in members if _is_organization_user(member)}
    last = _last_links(users, installation.target)
    return {
        member.pk: _state(installation, last.get(member.pk)) if member.pk in users else UNAVAILABLE
        for member in members
    }


def with_links(members: QuerySet[Member]) -> QuerySet[Member]:
    """Let ``listed_state`` answer for each of ``members`` without a statement of its own."""
    links = Link.objects.order_by(*_NEWEST_LAST).select_related("installation")
    live = Installation.objects.live().order_by("connected_at")
    return members.select_related("organization").prefetch_related(
        Prefetch("links", links, to_attr="known_links"),
        Prefetch("organization__installations", live, to_attr="live_installations"),
    )


def listed_state(member: Member) -> LinkState:
    """Return how a member out of ``with_links`` stands with what they see first."""
    organization = member.organization
    seen: list[Installation] = vars(organization)["live_installations"]
    if not (seen and _shows_links(organization) and _is_organization_user(member)):
        return UNAVAILABLE
    links: list[Link] = vars(member)["known_links"]
    own = [link for link in links if link.installation.target == seen[0].target]
    return _state(seen[0], own[-1] if own else None)


def _shows_links(organization: Organization) -> bool:
    return organization.removed_at is None and organization.feature_enabled


def _is_organization_user(member: Member) -> bool:
    return member.removed_at is None and member.role in ORGANIZATION_USERS


def _last_links(member_ids: Iterable[UUID], target: str) -> dict[UUID, Link]:
    """Return each member's active link, or else the one that ended last."""
    links = Link.objects.filter(member__in=list(member_ids), installation__target=target)
    newest_last = links.order_by(*_NEWEST_LAST).select_related("installation")
    return {link.member_id: link for link in newest_last}


def _state(installation: Installation, last: Link | None) -> LinkState:
    if last is None or last.removed_reason == RemovedReason.USER:
        return LinkState(LinkStatus.UNLINKED)
    if last.removed_at is not None:
        return LinkState(LinkStatus.NEEDS_RELINK, last.removed_reason)
    if installation.organization.paused_at or installation.state == InstallationState.PAUSED:
        return LinkState(LinkStatus.PAUSED, "org_paused", last)
    if installation.state == InstallationState.ATTENTION:
        return LinkState(LinkStatus.PAUSED, "org_attention", last)
    status = LinkStatus.NEEDS_RELINK if last.attention_at else LinkStatus.LINKED
    return LinkState(status, last.attention_reason, last)
