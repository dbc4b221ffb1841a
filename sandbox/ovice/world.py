"""All organizations of the pretend ovice, and the changes that can be made to them.

A change returns the events it causes, as pairs of type and data; sending them is the desk's work.
"""

import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.ovice import events
from sandbox.ovice.records import Group, Organization, Person, Space
from sandbox.ovice.settings import OviceSettings

Told = list[tuple[str, dict[str, Any]]]


def new_number(digits: int, taken: Callable[[str], object] = lambda _: None) -> str:
    """Return a fresh identifier, a number as ovice uses them; a longer one after one is taken."""
    number = str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))
    return new_number(digits + 1, taken) if taken(number) else number


class Ovice:
    """The state of the pretend ovice, with one method for each way to change it."""

    def __init__(self, settings: OviceSettings) -> None:
        """Start empty."""
        self.settings = settings
        self.organizations: dict[str, Organization] = {}

    def clear(self) -> None:
        """Forget everything."""
        self.organizations.clear()

    def space(self, space_id: str) -> Space | None:
        """Find a space by its id, which no two organizations share."""
        for organization in self.organizations.values():
            if space_id in organization.spaces:
                return organization.spaces[space_id]
        return None

    def add_organization(self, organization: Organization) -> Told:
        """Take in an organization."""
        self.organizations[organization.organization_id] = organization
        return self.told_organization(organization)

    def remove_organization(self, organization: Organization, reason: str) -> Told:
        """Forget an organization with everything in it."""
        del self.organizations[organization.organization_id]
        return [("organization.removed", events.removed_organization(organization, reason))]

    def told_organization(self, organization: Organization) -> Told:
        """Return what an organization's new values cause."""
        organization.generation += 1
        described = events.describe_organization(organization)
        return [("organization.updated", {"organization": described})]

    def add_space(self, space: Space) -> Told:
        """Take in a space."""
        space.organization.spaces[space.space_id] = space
        return self.told_space(space, "space.created")

    def told_space(self, space: Space, event_type: str = "space.updated") -> Told:
        """Return what a space's new values cause."""
        space.organization.generation += 1
        return [(event_type, events.told_space(space, self.settings.ovice_url))]

    def remove_space(self, space: Space) -> Told:
        """Forget a space and its chat."""
        del space.organization.spaces[space.space_id]
        space.organization.generation += 1
        return [("space.removed", events.removed_space(space))]

    def add_person(self, organization: Organization, person: Person) -> Told:
        """Take in a person; visitors and guests are not in the directory and cause no event."""
        organization.people[person.person_id] = person
        return self._added(organization, person)

    def change_person(
        self, organization: Organization, person: Person, values: dict[str, Any]
    ) -> Told:
        """Set new values and return what that causes: a role leads in or out of the directory."""
        was_user, old_email = person.is_organization_user, person.email
        changed = [name for name, value in values.items() if getattr(person, name) != value]
        for name in changed:
            setattr(person, name, values[name])
        organization.generation += 1
        if not was_user:
            return self._added(organization, person)
        if not person.is_organization_user:
            return [("organization.member.removed", events.removed_member(organization, person))]
        told: Told = []
        if "email" in changed:
            data = events.changed_email(organization, person, old_email)
            told.append(("organization.member.email_changed", data))
        if rest := [name for name in changed if name != "email"]:
            data = events.told_member(organization, person, rest)
            told.append(("organization.member.updated", data))
        return told

    def remove_person(self, organization: Organization, person: Person) -> Told:
        """Forget a person."""
        del organization.people[person.person_id]
        organization.generation += 1
        if not person.is_organization_user:
            return []
        return [("organization.member.removed", events.removed_member(organization, person))]

    def add_group(self, organization: Organization, group: Group) -> None:
        """Take in a group, replacing one of the same handle; groups cause no event."""
        organization.groups[group.handle] = group

    def introduce(self, organization: Organization) -> Told:
        """Return the events that tell a relay the whole organization anew."""
        told = self.told_organization(organization)
        for space in organization.spaces.values():
            told += self.told_space(space, "space.created")
        for person in organization.people.values():
            told += self._added(organization, person)
        return told

    def _added(self, organization: Organization, person: Person) -> Told:
        organization.generation += 1
        if not person.is_organization_user:
            return []
        data = events.told_member(organization, person, [])
        return [("organization.member.added", data)]


OVICE: web.AppKey[Ovice] = web.AppKey("ovice", Ovice)
