"""What ovice tells about the people of an organization.

A link is never made here. It ends here when its member leaves, stops being an organization user, or
gets another address. Events may arrive late and out of order: an older one never undoes a newer
one, and a member who was removed and comes back has to link again.
"""

from datetime import datetime

from accounts.linking import RemovedReason, remove_links
from accounts.models import ORGANIZATION_USERS, Link, Member, Role
from integrations.directory import if_newer
from integrations.models import Organization


def update_member(
    organization: Organization,
    ovice_id: str,
    *,
    at: datetime,
    email: str | None = None,
    email_verified: bool | None = None,
    name: str | None = None,
    role: str | None = None,
    locale: str | None = None,
) -> None:
    """Create the member or apply the fields that were told."""
    member = _newest(organization, ovice_id, at)
    if member is None:
        return
    moved = email is not None and member.email is not None and member.email != email
    told = {
        "email": email,
        "email_verified": email_verified,
        "name": name,
        "role": role,
        "locale": locale,
    }
    for field, value in told.items():
        if value is not None:
            setattr(member, field, value)
    member.removed_at = None
    _save(member, at)
    if moved:
        _end_links(member, RemovedReason.EMAIL_CHANGED)
    elif Role(member.role) not in ORGANIZATION_USERS:
        _end_links(member, RemovedReason.MEMBER_REMOVED)


def remove_member(organization: Organization, ovice_id: str, *, at: datetime) -> None:
    """End the member's links, cancel what waits for them and forget their address and name."""
    member = _newest(organization, ovice_id, at)
    if member is None:
        return
    member.email, member.name, member.email_verified = None, None, False
    member.removed_at = at
    _save(member, at)
    _end_links(member, RemovedReason.MEMBER_REMOVED)


def _newest(organization: Organization, ovice_id: str, at: datetime) -> Member | None:
    """Return the locked row of the member, or None when something newer is known already."""
    Member.objects.get_or_create(organization=organization, ovice_id=ovice_id)
    rows = Member.objects.filter(organization=organization, ovice_id=ovice_id)
    return if_newer(rows, at).select_for_update().first()


def _save(member: Member, at: datetime) -> None:
    member.reported_at = at
    member.save()


def _end_links(member: Member, reason: RemovedReason) -> None:
    remove_links(Link.objects.filter(member=member), reason=reason)
