"""Records of the pretend Workplace: apps, communities, members, installs and chats."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How an app came to a community."""

    CUSTOM = "custom"
    THIRD_PARTY = "third_party"


@dataclass
class Subscription:
    """One topic of an app's webhooks, such as `page`, and where its events go."""

    topic: str
    callback_url: str
    verify_token: str
    fields: list[str]
    failing_since: float | None = None
    disabled_at: float | None = None


@dataclass
class App:
    """An app: a custom integration's own, or a third-party app for many communities."""

    app_id: str
    secret: str
    name: str
    kind: Kind
    redirect_uris: list[str] = field(default_factory=list)
    deauthorize_url: str = ""
    deauthorize_encoding: str = "workplace"
    permissions: list[str] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """Return the app access token: id and secret with a bar between."""
        return f"{self.app_id}|{self.secret}"


@dataclass
class Community:
    """One customer's Workplace; `members` holds former members too.

    `by_email` finds a member by folded login address; the world keeps it in step.
    """

    community_id: str
    name: str
    members: list["Member"] = field(default_factory=list)
    by_email: dict[str, "Member"] = field(default_factory=dict)


@dataclass
class Member:
    """A person of a community, under an id no app ever sees. Moments are seconds since 1970."""

    member_id: str
    community: Community
    email: str
    name: str
    locale: str
    invited_at: float
    claimed_at: float | None
    deactivated_at: float | None = None
    blocked_pages: set[str] = field(default_factory=set)
    details: dict[str, str] = field(default_factory=dict)


@dataclass
class Install:
    """An app in a community: its bot page, its token and what it may do."""

    install_id: str
    app: App
    community: Community
    page_id: str
    page_name: str
    token: str
    permissions: list[str]
    require_proof: bool
    installed_at: float
    last_called_at: float
    uninstalled_at: float | None = None
    subscribed: bool = False
    profile: dict[str, Any] = field(default_factory=dict)
    scope: set[str] | None = None

    def sees(self, member: Member) -> bool:
        """Tell whether the install's scope, chosen groups or everybody, holds a member."""
        return self.scope is None or member.member_id in self.scope


@dataclass
class Code:
    """An authorization code of the install dialog; it serves once."""

    code: str
    install: Install
    redirect_uri: str
    created_at: float
    used_at: float | None = None


@dataclass(slots=True)
class Message:
    """One message of a chat, from the bot or from a member, or a tap on a button."""

    message_id: str
    thread: "Thread"
    sender: Member | None
    created_at: float
    text: str = ""
    attachment: dict[str, Any] | None = None
    quick_replies: list[dict[str, Any]] = field(default_factory=list)
    metadata: str = ""
    payload: str = ""
    is_postback: bool = False
    read_at: float | None = None

    @property
    def readable(self) -> str:
        """Text that is read in the chat: the message's own, or that of its template."""
        payload = (self.attachment or {}).get("payload")
        inside = str(payload.get("text", "")) if isinstance(payload, dict) else ""
        return self.text or inside


@dataclass
class Thread:
    """The chat of a bot with one member, or a group chat the bot is in."""

    thread_id: str
    install: Install
    members: list[Member]
    is_group: bool = False
    name: str = ""
    typing_until: float = 0.0
    seen_at: float = 0.0
    messages: deque[Message] = field(default_factory=deque)
