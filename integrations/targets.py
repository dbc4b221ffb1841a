"""The port every chat target implements, and the registry that finds one by its key.

``messaging`` and ``accounts`` know a target only through this module. A further target is one
folder beside ``workplace`` and one line in ``TARGETS``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves us to a target. Neither value is ever shown, logged or put in a URL."""

    access_token: str = field(repr=False)
    app_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a target says about a pair of credentials that works."""

    bot_id: str
    bot_name: str
    community_id: str = ""
    community_name: str = ""
    install_id: str = ""
    missing_permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account in the target; ``active`` is ``None`` where the target does not tell."""

    account_id: str
    name: str = ""
    email: str = field(default="", repr=False)
    locale: str = ""
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A DM's copy in the recipient's language, in plain text, before a target lays it out."""

    headline: str
    text: str = field(repr=False)
    footnotes: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """An accepted call. ``usage`` is the highest share of a rate limit in use, in per cent."""

    message_id: str = ""
    usage: float | None = None


class ChatTarget(Protocol):
    """One chat platform, opened with one installation's credentials."""

    def check(self) -> Connection:
        """Prove the credentials with live calls; raise a ``TargetError`` when they are refused."""

    def find_account(self, email: str) -> Account | None:
        """Return the account that signs in with exactly this address, or None."""

    def get_account(self, account_id: str) -> Account | None:
        """Return the account with this id, or None when it no longer exists."""

    def lay_out(self, notice: Notice) -> Sequence[str]:
        """Return the texts, one call each, in which this target carries the notice."""

    def send(self, account_id: str, text: str, *, reference: str) -> Sent:
        """Send one text to exactly one account; ``reference`` comes back in the target's echo."""


class TargetClass(Protocol):
    """How the registry opens a target."""

    def __call__(self, credentials: Credentials) -> ChatTarget: ...


TARGETS: dict[str, tuple[str, str]] = {
    "workplace": ("Workplace", "integrations.workplace.target.WorkplaceTarget"),
}


def open_target(key: str, credentials: Credentials) -> ChatTarget:
    """Open the target registered under ``key``, importing its folder on first use."""
    _label, path = TARGETS[key]
    target: TargetClass = import_string(path)
    return target(credentials)
