"""Directory events, each with the function that works on it."""

from datetime import datetime

from django.utils.timezone import now

from accounts.directory.events import end_links_before, remove_member, update_member
from accounts.directory.schedule import notice_gap
from core.text import one_line
from integrations.models import NAME_LENGTH, Organization
from integrations.ovice.organizations import remove_space, update_organization, update_space
from integrations.removal.uninstall import remove_organization
from messaging.ingest.events import (
    EmailChanged,
    Event,
    MemberRemoved,
    MemberTold,
    OrganizationRemoved,
    OrganizationUpdated,
    SpaceRemoved,
    SpaceTold,
)


def apply_directory_event(organization: Organization, event: Event) -> None:
    """Apply a change of organization, space or member; late events change nothing newer."""
    # A clock that runs ahead must not shut out what is told later.
    at = min(event.at, now())
    notice_gap(organization, at)
    if organization.directory_at is not None and at < organization.directory_at:
        _apply_outdated(organization, event, at)
    else:
        _apply(organization, event, at)


def _apply(organization: Organization, event: Event, at: datetime) -> None:
    match event.data:
        case OrganizationUpdated(organization=update):
            update_organization(
                organization,
                at=at,
                name=_name(update.name),
                plan=update.plan,
                feature_enabled=update.feature_enabled,
            )
        case OrganizationRemoved():
            remove_organization(organization, at=at)
        case MemberTold(member=member):
            update_member(
                organization,
                member.id,
                at=at,
                email=member.email,
                email_verified=member.email_verified,
                name=_name(member.name),
                role=member.role,
                locale=member.locale,
            )
        case EmailChanged(member=change):
            update_member(
                organization, change.id, at=at, email=change.new, email_verified=change.verified
            )
        case MemberRemoved(member=member):
            remove_member(organization, member.id, at=at)
        case SpaceTold(space=space):
            update_space(
                organization,
                space.id,
                at=at,
                name=_name(space.name),
                domain=space.domain,
                url=space.url,
            )
        case SpaceRemoved(space=space):
            remove_space(organization, space.id, at=at)


def _apply_outdated(organization: Organization, event: Event, at: datetime) -> None:
    """Apply what stays true of an event that is older than the whole directory we have.

    A member who left is back, or gone already; but links from before they left stay ended.
    """
    match event.data:
        case OrganizationRemoved():
            remove_organization(organization, at=at)
        case MemberRemoved(member=member):
            end_links_before(organization, member.id, at=at)


def _name(told: str | None) -> str | None:
    return None if told is None else one_line(told, NAME_LENGTH)
