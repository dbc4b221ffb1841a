"""Finds what a request names, or answers that there is no such thing."""

from typing import Any

from sandbox.control import ControlError
from sandbox.ovice.records import Organization, Person, Space
from sandbox.ovice.world import Ovice


def organization_of(ovice: Ovice, organization_id: Any) -> Organization:
    """Return an organization by id."""
    found = ovice.organizations.get(str(organization_id))
    if found is None:
        raise ControlError(f"There is no organization {organization_id!r}.")
    return found


def space_of(organization: Organization, space_id: Any) -> Space:
    """Return a space of an organization by id."""
    found = organization.spaces.get(str(space_id))
    if found is None:
        raise ControlError(f"This organization has no space {space_id!r}.")
    return found


def any_space(ovice: Ovice, space_id: Any) -> Space:
    """Return a space by id alone."""
    found = ovice.space(str(space_id))
    if found is None:
        raise ControlError(f"There is no space {space_id!r}.")
    return found


def person_of(organization: Organization, person_id: Any) -> Person:
    """Return a person of an organization by account id."""
    found = organization.people.get(str(person_id))
    if found is None:
        raise ControlError(f"This organization has no person {person_id!r}.")
    return found
