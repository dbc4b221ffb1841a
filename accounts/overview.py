"""What an owner sees first: their organizations and how each connection stands."""

from dataclasses import dataclass

from accounts.roles import Visitor, visible_organizations
from integrations.models import Installation, Organization


@dataclass(frozen=True, slots=True)
class Standing:
    """One organization and its live connections, which may be none."""

    organization: Organization
    installations: tuple[Installation, ...]


def standings(user: Visitor) -> list[Standing]:
    """Return the visitor's organizations by name, in two queries however many there are."""
    organizations = list(visible_organizations(user).order_by("name", "ovice_id"))
    live = list(Installation.objects.live().filter(organization__in=organizations))
    return [
        Standing(one, tuple(row for row in live if row.organization_id == one.pk))
        for one in organizations
    ]
