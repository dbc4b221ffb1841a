"""Directory events: changes of the people of an organization.

A link is never made here. It ends here when its member leaves, stops being an organization user, or
gets another address. A member who was removed and comes back has to link again.
"""

from datetime import datetime

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import ORGANIZATION_USERS, Link, Member, Role
from accounts.owners.ownership import end_ownership, keep_ownership_in_step
from core.addresses import normalize_email
from integrations.models import Organization
from integrations.ovice.organizations import apply_newer, tell_whether_removed
from integrations.removal.lookup import was_erased_after


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
    """Create the member or apply the fields that were told.

    A person erased since is not brought back by it.
    """
    member = _locked(organization, ovice_id, at)
    if member is None:
        return
    before = member.email
    known = not apply_newer(member, {"email": email}, at)
    moved = not known and normalize_email(member.email or "") != normalize_email(before or "")
    if email is not None and known:
        # "Verified" is said of the address beside it, and that one is out of date.
        email_verified = None
    elif moved and email_verified is None:
        email_verified = False
    told = {"email_verified": email_verified, "name": name, "role": role, "locale": locale}
    apply_newer(member, told, at)
    tell_whether_removed(member, None, at)
    member.save()
    keep_ownership_in_step(member, moved=moved)
    if moved:
        _end_links(member, RemovedReason.EMAIL_CHANGED)
    elif Role(member.role) not in ORGANIZATION_USERS:
        _end_links(member, RemovedReason.MEMBER_REMOVED)


def remove_member(organization: Organization, ovice_id: str, *, at: datetime) -> None:
    """End the member's links, cancel what waits for them and forget their address and name."""
    member = _locked(organization, ovice_id, at)
    if member is None:
        return
    if not tell_whether_removed(member, at, at):
        # They are back already, and that was told first: what was linked before stays ended.
        end_ownership(member, before=at)
        _end_links(member, RemovedReason.MEMBER_REMOVED, before=at)
        return
    member.email, member.name, member.email_verified = None, None, False
    member.reported |= dict.fromkeys(("email", "email_verified", "name"), at.timestamp())
    member.save()
    end_ownership(member)
    _end_links(member, RemovedReason.MEMBER_REMOVED)


def end_links_before(organization: Organization, ovice_id: str, *, at: datetime) -> None:
    """End what a member had linked before ``at``, when they were away for a while."""
    links = Link.objects.filter(member__organization=organization, member__ovice_id=ovice_id)
    remove_links(links.filter(linked_at__lte=at), reason=RemovedReason.MEMBER_REMOVED)


def _locked(organization: Organization, ovice_id: str, at: datetime) -> Member | None:
    """Return the member's row, made if need be; None for who was erased after ``at``."""
    members = Member.objects.select_for_update(no_key=True)
    mine = members.filter(organization=organization, ovice_id=ovice_id)
    if (member := mine.first()) is not None:
        return member
    if was_erased_after(at, organization, ovice_id):
        return None
    Member.objects.get_or_create(organization=organization, ovice_id=ovice_id)
    return mine.get()


def _end_links(member: Member, reason: RemovedReason, *, before: datetime | None = None) -> None:
    links = Link.objects.filter(member=member)
    remove_links(links.filter(linked_at__lte=before) if before else links, reason=reason)
