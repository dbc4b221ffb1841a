"""Reads the `@` mentions in a chat line, as the chat pane of a space does."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.ovice.records import Mention, Organization, Person, Space

EVERYBODY = ("all", "here", "openspace")
# Mentioning one of these addresses whoever holds the role in the space.
ROLE_HANDLES = {"admin": ("owner", "admin"), "member": ("member",), "visitor": ("visitor",)}
# When a line mentions several kinds, the widest decides.
WIDEST_FIRST = (*EVERYBODY, "role", "room", "group")


@dataclass(frozen=True)
class Target:
    """Something that can be mentioned: its handle without `@`, its kind and who it reaches."""

    handle: str
    kind: str
    people: tuple[Person, ...]


def targets(space: Space) -> list[Target]:
    """Return all that can be mentioned in a space: everybody, roles, rooms, groups, people."""
    people = space.people
    found = [Target(name, name, tuple(people)) for name in EVERYBODY]
    for handle, roles in ROLE_HANDLES.items():
        found.append(Target(handle, "role", tuple(p for p in people if p.role in roles)))
    found += [Target(room, "room", ()) for room in space.rooms]
    found += _groups(space.organization)
    return found + [Target(person.name, "user", (person,)) for person in people]


def _groups(organization: Organization) -> list[Target]:
    people = organization.people
    return [
        Target(group.handle, "group", tuple(people[i] for i in group.person_ids if i in people))
        for group in organization.groups.values()
    ]


def parse_mentions(text: str, space: Space) -> Mention:
    """Return how a line is addressed; who has the same name as somebody else is meant too."""
    # A name may begin with another name, so the longest handle is tried first.
    known = sorted(targets(space), key=lambda target: len(target.handle), reverse=True)
    named: list[Target] = []
    for index, character in enumerate(text):
        if character == "@" and (index == 0 or not text[index - 1].isalnum()):
            named += [t for t in _at(text, index + 1, known) if t not in named]
    recipients = _distinct(person for target in named for person in target.people)
    handles = list(dict.fromkeys(f"@{target.handle}" for target in named))
    return Mention(_scope(named), handles, recipients)


def _at(text: str, start: int, known: list[Target]) -> list[Target]:
    """Return the targets of the longest handle that stands at `start`."""
    for target in known:
        end = start + len(target.handle)
        if text[start:end].casefold() == target.handle.casefold() and _ends(text, end):
            same = target.handle.casefold()
            return [t for t in known if t.handle.casefold() == same and t.kind == target.kind]
    return []


def _ends(text: str, end: int) -> bool:
    return end >= len(text) or not (text[end].isalnum() or text[end] == "_")


def _scope(named: list[Target]) -> str:
    kinds = {target.kind for target in named}
    for kind in WIDEST_FIRST:
        if kind in kinds:
            return kind
    if not named:
        return "none"
    return "user" if len(named) == 1 else "users"


def _distinct(people: Iterable[Person]) -> list[Person]:
    return list({person.person_id: person for person in people}.values())
