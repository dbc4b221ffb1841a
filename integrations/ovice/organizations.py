"""Facts from ovice about organizations and spaces.

Events may arrive late and out of order, and each tells a part only. So the time at which each field
was last told is kept, and an older event never undoes what a newer one said about the same field.
People are the work of ``accounts.directory.events``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from integrations.models import Organization, Space


class Reported(Protocol):
    """A row that remembers when ovice last told about each of its fields, in Unix seconds."""

    reported: Any


class Removable(Reported, Protocol):
    """Such a row that can be removed, and come back."""

    removed_at: Any


def apply_newer(row: Reported, told: Mapping[str, object], at: datetime) -> set[str]:
    """Set those fields of ``told`` about which nothing newer than ``at`` is known.

    A field whose value is None was not told. Returns the names of the fields that were set; the
    caller holds the row's lock and saves it.
    """
    moment = at.timestamp()
    newer = {
        name
        for name, value in told.items()
        if value is not None and row.reported.get(name, moment) <= moment
    }
    for name in newer:
        setattr(row, name, told[name])
        row.reported[name] = moment
    return newer


def tell_whether_removed(row: Removable, removed_at: datetime | None, at: datetime) -> bool:
    """Note that the row was there, or removed, at ``at``; False when something newer is known."""
    moment = at.timestamp()
    if row.reported.get("removed_at", moment) > moment:
        return False
    row.reported["removed_at"] = moment
    row.removed_at = removed_at
    return True


def update_organization(
    organization: Organization,
    *,
    at: datetime,
    name: str | None,
    plan: str | None,
    feature_enabled: bool | None,
) -> None:
    """Apply the fields that were told; disabling pauses delivery and keeps the links."""
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    apply_newer(row, {"name": name, "plan": plan, "feature_enabled": feature_enabled}, at)
    row.save()


def update_space(
    organization: Organization,
    ovice_id: str,
    *,
    at: datetime,
    name: str | None,
    domain: str | None,
    url: str | None,
) -> None:
    """Create the space or apply the fields that were told."""
    space = _locked_space(organization, ovice_id)
    apply_newer(space, {"name": name, "domain": domain, "url": url}, at)
    tell_whether_removed(space, None, at)
    space.save()


def remove_space(organization: Organization, ovice_id: str, *, at: datetime) -> None:
    """Mark the space removed; links are the organization's and stay."""
    space = _locked_space(organization, ovice_id)
    tell_whether_removed(space, at, at)
    space.save()


def _locked_space(organization: Organization, ovice_id: str) -> Space:
    Space.objects.get_or_create(organization=organization, ovice_id=ovice_id)
    spaces = Space.objects.select_for_update(no_key=True)
    return spaces.get(organization=organization, ovice_id=ovice_id)
