"""Lookup in the ledger of those who are gone: enough to recognise them, not to name them."""

from datetime import datetime, timedelta

from integrations.encryption.hashing import keyed_hash
from integrations.models import Installation, Organization
from integrations.models.removal import Removal, RemovalReason, RemovalScope


def organization_hash(ovice_id: str) -> str:
    """Return the name by which the ledger knows an organization."""
    return keyed_hash("organization", ovice_id)


def member_hash(organization: Organization, member_ovice_id: str) -> str:
    """Return the name by which the ledger knows a member."""
    return keyed_hash("member", organization.ovice_id, member_ovice_id)


def community_hash(installation: Installation | None) -> str:
    """Return the name by which the ledger knows a community; empty where the target hides it."""
    if installation is None or not installation.community_id:
        return ""
    return keyed_hash("community", installation.target, installation.community_id)


def is_removed_for_good(ovice_id: str) -> bool:
    """Return whether ovice has removed this organization, whose rows may be gone already."""
    return Removal.objects.filter(
        organization_hash=organization_hash(ovice_id),
        reason=RemovalReason.ORGANIZATION_REMOVED,
        installation=None,
        generation=None,
    ).exists()


def was_purged(ovice_id: str) -> bool:
    """Return whether an organization of this name has been purged as a whole, for any reason."""
    return Removal.objects.filter(
        organization_hash=organization_hash(ovice_id), scope=RemovalScope.ORGANIZATION
    ).exists()


def was_erased_after(at: datetime, organization: Organization, member_ovice_id: str) -> bool:
    """Return whether the erasure of a member was asked for after ``at``.

    Times that ovice gives may be whole seconds, so within one nobody can tell.
    """
    return Removal.objects.filter(
        organization_hash=organization_hash(organization.ovice_id),
        reason=RemovalReason.ERASURE,
        member_hash=member_hash(organization, member_ovice_id),
        requested_at__gte=at + timedelta(seconds=1),
    ).exists()
