"""Synchronisation with one whole generation of ovice's directory: who is in it, changed, is gone.

Only what differs is touched, and what an event told later than the directory is not undone. Links
are never made here; they end by the same rules as when an event tells of the change.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.directory.events import remove_member, update_member
from accounts.models import ORGANIZATION_USERS, Member, Role
from core.text import one_line
from integrations.models import NAME_LENGTH, Organization, Space
from integrations.ovice.directory import Directory, Person
from integrations.ovice.organizations import (
    apply_newer,
    remove_space,
    tell_whether_removed,
    update_organization,
    update_space,
)

# More than this share, and more than this many, leave only when somebody confirms it.
LEAVING_SHARE = 0.2
LEAVING_COUNT = 5


class TooManyLeave(Exception):
    """So many people are missing that it looks like a mistake; nothing was changed."""

    def __init__(self, leaving: int, present: int) -> None:
        super().__init__(f"{leaving} of {present}")
        self.leaving = leaving
        self.present = present


@dataclass(frozen=True, slots=True)
class Applied:
    """Result of a pass, in people."""

    members: int
    added: int
    changed: int
    removed: int
    unreadable: int


def apply_directory(
    organization: Organization, directory: Directory, *, at: datetime, confirmed: int = 0
) -> Applied:
    """Make our members and spaces those of ``directory``, which shows them as of ``at``.

    In short transactions, so that who comes from ovice meanwhile does not have to wait for all of
    it; a pass that is cut off is begun anew. Raises ``TooManyLeave``, before anything has changed,
    when more than a fifth, and more than ``confirmed``, would go.
    """
    here = Member.objects.filter(organization=organization, removed_at=None)
    absent = {role: _absent(here.filter(role=role), directory, at) for role in Role}
    leaving = sum(len(absent[role]) for role in ORGANIZATION_USERS)
    _check_leaving(leaving, here.filter(role__in=ORGANIZATION_USERS).count(), confirmed)
    _apply_spaces(organization, directory, at)
    added = changed = 0
    for people in directory.pages():
        new, others = _apply_page(organization, people, at)
        added, changed = added + new, changed + others
    gone = list(chain(*absent.values()))
    for ovice_id in gone:
        with transaction.atomic():
            remove_member(organization, ovice_id, at=at)
    Organization.objects.filter(pk=organization.pk).update(directory_at=at)
    return Applied(len(directory.ids), added, changed, len(gone), directory.unreadable)


def _check_leaving(leaving: int, present: int, confirmed: int) -> None:
    many = leaving > LEAVING_COUNT and leaving > LEAVING_SHARE * present
    if many and leaving > confirmed:
        raise TooManyLeave(leaving, present)


def _absent(members: QuerySet[Member], directory: Directory, at: datetime) -> list[str]:
    """Return who is not in the directory, unless something newer says that they are there.

    An empty set, where an entry does not tell whose it is: it may be anybody's.
    """
    if directory.nameless:
        return []
    told = members.values_list("ovice_id", "reported").iterator()
    return [
        ovice_id
        for ovice_id, when in told
        if ovice_id not in directory.ids and when.get("removed_at", 0) <= at.timestamp()
    ]


@transaction.atomic
def _apply_spaces(organization: Organization, directory: Directory, at: datetime) -> None:
    told = directory.organization
    update_organization(
        organization,
        at=at,
        name=None if told.name is None else one_line(told.name, NAME_LENGTH),
        plan=told.plan,
        feature_enabled=told.feature_enabled,
    )
    for space in directory.spaces or ():
        name = None if space.name is None else one_line(space.name, NAME_LENGTH)
        update_space(organization, space.id, at=at, name=name, domain=space.domain, url=space.url)
    if directory.space_ids is None:
        return
    there = Space.objects.filter(organization=organization, removed_at=None)
    gone = there.exclude(ovice_id__in=directory.space_ids)
    for ovice_id in gone.values_list("ovice_id", flat=True):
        remove_space(organization, ovice_id, at=at)


@transaction.atomic
def _apply_page(organization: Organization, people: list[Person], at: datetime) -> tuple[int, int]:
    """Add who is new and update who differs; return how many of each."""
    ids = [person.id for person in people]
    found = Member.objects.filter(organization=organization, ovice_id__in=ids)
    known = {member.ovice_id: member for member in found}
    new = {person.id: person for person in people if person.id not in known}
    # An event that adds a person at this very moment tells it newer.
    made = [_new_member(organization, person, at) for person in new.values()]
    Member.objects.bulk_create(made, ignore_conflicts=True)
    differing = [p for p in people if p.id in known and _differs(known[p.id], p)]
    for person in differing:
        update_member(organization, person.id, at=at, **_told(person))
    return len(made), len(differing)


def _told(person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "email_verified": person.email_verified,
        "name": None if person.name is None else one_line(person.name, NAME_LENGTH),
        "role": person.role,
        "locale": person.locale,
    }


def _differs(member: Member, person: Person) -> bool:
    return member.removed_at is not None or any(
        value is not None and value != getattr(member, name)
        for name, value in _told(person).items()
    )


def _new_member(organization: Organization, person: Person, at: datetime) -> Member:
    member = Member(organization=organization, ovice_id=person.id)
    apply_newer(member, _told(person), at)
    tell_whether_removed(member, None, at)
    return member
