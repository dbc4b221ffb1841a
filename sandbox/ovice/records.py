"""Records of the pretend ovice: organizations, spaces, people, groups and chat."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.ovice.outbox import OutgoingEvent

ROLES = ("owner", "admin", "member", "visitor", "guest")
ORGANIZATION_ROLES = frozenset({"owner", "admin", "member"})
KEPT_CHAT = 200
# The space setting "Chat DM feature": which roles may write to one person.
DM_FEATURE = {
    "all": frozenset(ROLES),
    "members": ORGANIZATION_ROLES,
    "admins": frozenset({"owner", "admin"}),
    "disabled": frozenset[str](),
}


@dataclass
class Person:
    """An account in one organization. Visitors and guests may be without an address.

    `space_ids` of None means every space of the organization.
    """

    person_id: str
    name: str
    email: str | None
    email_verified: bool = True
    role: str = "member"
    locale: str = "en"
    space_ids: list[str] | None = None

    @property
    def is_organization_user(self) -> bool:
        """Tell whether the person is in the organization's directory."""
        return self.role in ORGANIZATION_ROLES


@dataclass
class Group:
    """A named set of organization users with a mention handle."""

    handle: str
    person_ids: list[str]


@dataclass(frozen=True)
class Mention:
    """How a message was addressed; `scope` is one of the nine of the event contract."""

    scope: str
    handles: list[str]
    recipients: list[Person]


@dataclass
class ChatMessage:
    """One line of a space's chat; `sent_at` is RFC 3339 in UTC. `event` went to the relay."""

    message_id: str
    space: "Space"
    sender: Person
    text: str
    text_format: str
    sent_at: str
    mention: Mention
    attachments: list[dict[str, Any]] = field(default_factory=list)
    event: OutgoingEvent | None = None

    @property
    def shown_text(self) -> str:
        """Return the text as a page can show it: a lone surrogate becomes a question mark."""
        return self.text.encode("utf-8", "replace").decode()

    def visible_to(self, person: Person) -> bool:
        """Tell whether a person sees it: a mention is for its sender and those mentioned."""
        return (
            self.mention.scope == "none"
            or person is self.sender
            or person in self.mention.recipients
        )


@dataclass
class Space:
    """A virtual floor with one chat; its id never changes, name and domain may."""

    space_id: str
    organization: "Organization"
    name: str
    domain: str
    rooms: list[str] = field(default_factory=list)
    dm_feature: str = "all"
    chat: deque[ChatMessage] = field(default_factory=lambda: deque(maxlen=KEPT_CHAT))

    @property
    def people(self) -> list[Person]:
        """Return who may enter the space."""
        return [
            person
            for person in self.organization.people.values()
            if person.space_ids is None or self.space_id in person.space_ids
        ]


@dataclass
class Organization:
    """A tenant with everything in it; `generation` counts the changes of its directory."""

    organization_id: str
    name: str
    plan: str = "business"
    feature_enabled: bool = True
    generation: int = 1
    spaces: dict[str, Space] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
