"""Overview for an owner: their organizations and how each connection stands."""

from dataclasses import dataclass

from accounts.owners.roles import Visitor, visible_organizations
from integrations.connections.health import Health, health_of
from integrations.models import Installation, Organization


@dataclass(frozen=True, slots=True)
class Standing:
    """One organization and its live connections with their health; there may be none."""

    organization: Organization
    connections: tuple[tuple[Installation, Health], ...]


def standings(user: Visitor) -> list[Standing]:
    """Return the visitor's organizations by name, in two queries however many there are."""
    organizations = list(visible_organizations(user).order_by("name", "ovice_id"))
    live = Installation.objects.live().filter(organization__in=organizations)
    seen = [(row, health_of(row)) for row in live.select_related("organization")]
    return [
        Standing(one, tuple(pair for pair in seen if pair[0].organization_id == one.pk))
        for one in organizations
    ]
