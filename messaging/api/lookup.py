"""Finding what an address of the connector API names; every stranger is the same stranger."""

from core.tolerant_reader import fits
from integrations.models import Organization
from integrations.ovice.schemas import Id


def organization_of(org: str) -> Organization | None:
    """Return the organization that ovice calls ``org``, unless it is unknown or removed."""
    known = Organization.objects.filter(removed_at=None)
    return known.filter(ovice_id=org).first()


def is_id(value: str) -> bool:
    """Return whether ``value`` could be an identifier; a database does not take every text."""
    return fits(value, Id)
