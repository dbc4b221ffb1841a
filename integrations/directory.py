"""What ovice tells about organizations and spaces.

Events may arrive late and out of order; each carries the time at which ovice made it, and an older
one never undoes a newer one. People are the work of ``accounts.directory``.
"""

from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from integrations.models import Installation, Organization, Space
from integrations.removal import remove_installation

_Row = TypeVar("_Row", bound=Model)


def if_newer(rows: "QuerySet[_Row]", at: datetime) -> "QuerySet[_Row]":
    """Return those of ``rows`` about which nothing newer than ``at`` has been told."""
    return rows.filter(Q(reported_at=None) | Q(reported_at__lte=at))


def update_organization(
    organization: Organization,
    *,
    at: datetime,
    name: str | None,
    plan: str | None,
    feature_enabled: bool | None,
) -> None:
    """Apply the fields that were told; disabling pauses delivery and keeps the links."""
    told: dict[str, object] = {"reported_at": at}
    if name is not None:
        told["name"] = name
    if plan is not None:
        told["plan"] = plan
    if feature_enabled is not None:
        told["disabled_at"] = None if feature_enabled else at
    if_newer(Organization.objects.filter(pk=organization.pk), at).update(**told)


def remove_organization(organization: Organization, *, at: datetime) -> None:
    """End an organization for good: its tokens are destroyed, its links out of use."""
    Organization.objects.filter(pk=organization.pk, removed_at=None).update(removed_at=at)
    for installation in Installation.objects.live().filter(organization=organization):
        remove_installation(installation)


def update_space(
    organization: Organization, ovice_id: str, *, at: datetime, name: str, domain: str, url: str
) -> None:
    """Create the space or bring its name, domain and URL up to date."""
    space, _ = Space.objects.get_or_create(organization=organization, ovice_id=ovice_id)
    if_newer(Space.objects.filter(pk=space.pk), at).update(
        name=name, domain=domain, url=url, reported_at=at
    )


def remove_space(organization: Organization, ovice_id: str, *, at: datetime) -> None:
    """Mark the space removed; links are the organization's and stay."""
    space, _ = Space.objects.get_or_create(organization=organization, ovice_id=ovice_id)
    if_newer(Space.objects.filter(pk=space.pk), at).update(removed_at=at, reported_at=at)
