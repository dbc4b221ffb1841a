"""Where members stand with a connection: what their button says, and why.

The statuses are the contract's (section 7.7): ovice's settings page and our own page show the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import F

from accounts.linking import RemovedReason
from accounts.models import ORGANIZATION_USERS, Link, Member
from integrations.models import Installation, InstallationState, Organization


class Status(StrEnum):
    """What the button is: nothing, Link, Linked, Link with a hint, Linked but paused."""

    UNAVAILABLE = "unavailable"
    UNLINKED = "unlinked"
    LINKED = "linked"
    NEEDS_RELINK = "needs_relink"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's status; ``reason`` says why where there is something to say.

    ``link`` is the active one, or None. A linked member whose account takes nothing is ``linked``
    with a reason.
    """

    status: Status
    reason: str = ""
    link: Link | None = None


def connections(organization: Organization) -> list[Installation]:
    """Return the organization's live installations, at most one for each target."""
    if organization.removed_at is not None:
        return []
    live = Installation.objects.live().filter(organization=organization).order_by("target")
    return list(live.select_related("organization"))


def standing_of(member: Member, installation: Installation | None) -> Standing:
    """Return where one member stands with ``installation``, None where there is none."""
    return standings([member], installation)[member.pk]


def standings(members: Iterable[Member], installation: Installation | None) -> dict[UUID, Standing]:
    """Return where each of ``members`` stands, by their ids, with one query."""
    members = list(members)
    last = _last_links(members, installation.target) if installation else {}
    return {member.pk: _stand(member, installation, last.get(member.pk)) for member in members}


def _last_links(members: list[Member], target: str) -> dict[UUID, Link]:
    """Return each member's active link, or else the one that ended last."""
    links = Link.objects.filter(member__in=members, installation__target=target)
    newest_last = links.order_by(F("removed_at").asc(nulls_last=True), "linked_at")
    return {link.member_id: link for link in newest_last}


def _stand(member: Member, installation: Installation | None, last: Link | None) -> Standing:
    if installation is None:
        return Standing(Status.UNAVAILABLE, "org_not_connected")
    if member.removed_at is not None or member.role not in ORGANIZATION_USERS:
        return Standing(Status.UNAVAILABLE, "not_organization_user")
    active = last if last and last.removed_at is None else None
    if not installation.organization.feature_enabled:
        return Standing(Status.UNAVAILABLE, "feature_disabled", active)
    if active:
        return _stand_linked(installation, active)
    if last is None or last.removed_reason == RemovedReason.USER:
        return Standing(Status.UNLINKED)
    return Standing(Status.NEEDS_RELINK, last.removed_reason)


def _stand_linked(installation: Installation, link: Link) -> Standing:
    if installation.state == InstallationState.PAUSED or installation.organization.paused_at:
        return Standing(Status.PAUSED, "org_paused", link)
    if installation.state == InstallationState.ATTENTION:
        return Standing(Status.PAUSED, "org_attention", link)
    return Standing(Status.LINKED, link.attention_reason, link)
