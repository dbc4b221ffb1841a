"""The port every chat target implements, and the registry that finds one by its key.

``messaging`` and ``accounts`` know a target only through this module. A further target is one
folder beside ``workplace`` and one line in ``TARGETS``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.module_loading import import_string

from integrations.targets.events import Inbox, WebhookKeys
from integrations.targets.install import Installer
from integrations.targets.setup import SetupGuide


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials that prove us to a target. Neither value is ever shown, logged or put in a URL.

    A token ``of_app`` was given to the operator's own third-party app, whose secret is a setting
    and so is never stored with an installation.
    """

    access_token: str = field(repr=False)
    app_secret: str = field(default="", repr=False)
    of_app: bool = False

    def trimmed(self) -> "Credentials":
        """Return them without the blanks and line breaks that pasting leaves around them."""
        return Credentials(self.access_token.strip(), self.app_secret.strip(), self.of_app)


@dataclass(frozen=True, slots=True)
class Connection:
    """Connection that a target describes for a pair of credentials that works."""

    bot_id: str
    bot_name: str
    community_id: str = ""
    community_name: str = ""
    install_id: str = ""
    # Granted permissions as the target lists them; empty where it does not tell.
    permissions: tuple[str, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap; ``code`` comes back as a tap. Titles have at most 20 characters."""

    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page to open from the chat. Titles have at most 20 characters."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Saying:
    """Something the bot says of itself: at most 640 characters, at most three pages."""

    text: str
    choices: tuple[Choice, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class Introduction:
    """Introduction in an empty chat, in one language: a greeting (160 characters), a menu."""

    greeting: str
    menu: tuple[Choice | Page, ...]


class ChatTarget(Protocol):
    """One chat platform, opened with one installation's credentials."""

    def check(self) -> Connection:
        """Prove the credentials with live calls; raise a ``TargetError`` when they are refused."""

    def find_account(self, email: str) -> Account | None:
        """Return the account that signs in with exactly this address, or None."""

    def find_accounts(self, emails: Sequence[str]) -> Mapping[str, Account | None]:
        """Return what was found out about many addresses, in few calls; unknown ones are left out.

        Raises a ``TargetError`` when the whole installation is refused.
        """

    def get_account(self, account_id: str) -> Account | None:
        """Return the account with this id, or None when it no longer exists."""

    def lay_out(self, notice: Notice) -> Sequence[str]:
        """Return the texts, one call each, in which this target carries the notice."""

    def send(
        self,
        account_id: str,
        text: str,
        *,
        reference: str,
        offers: Sequence[Choice | Page] = (),
    ) -> Sent:
        """Send one text to exactly one account; ``reference`` comes back in the target's echo.

        At most three ``offers`` stand below the text where the target finds room for them.
        """

    def say(self, account_id: str, saying: Saying) -> Sent:
        """Say something of the bot's own to exactly one account."""

    def acknowledge(self, account_id: str) -> None:
        """Show that what the person did was seen and that an answer is being written."""

    def introduce(self, start: str, introductions: Mapping[str, Introduction]) -> bool:
        """Make the empty chat, by language, look so; ``start`` is the start button's code.

        Return False when it looked so already.
        """


class TargetClass(Protocol):
    """How the registry opens a target."""

    guide: SetupGuide
    installer: Installer

    def __call__(self, credentials: Credentials) -> ChatTarget: ...

    def inbox(self, keys: WebhookKeys) -> Inbox:
        """Return what reads this target's webhooks."""

    def app_webhook_keys(self) -> WebhookKeys:
        """Return the keys of the app that many organizations install; empty where there is none."""


TARGETS: dict[str, tuple[str, str]] = {
    "workplace": ("Workplace", "integrations.workplace.target.WorkplaceTarget"),
}


def open_target(key: str, credentials: Credentials) -> ChatTarget:
    """Open the target registered under ``key``, importing its folder on first use."""
    return _import(key)(credentials)


def guide_of(key: str) -> SetupGuide:
    """Return what an owner is told about the screens of the target registered under ``key``."""
    return _import(key).guide


def installer_of(key: str) -> Installer:
    """Return how the app of the target registered under ``key`` is installed."""
    return _import(key).installer


def open_inbox(key: str, keys: WebhookKeys) -> Inbox:
    """Open the inbox of the target registered under ``key``."""
    return _import(key).inbox(keys)


def app_webhook_keys(key: str) -> WebhookKeys:
    """Return the webhook keys of the app of the target registered under ``key``."""
    return _import(key).app_webhook_keys()


def _import(key: str) -> TargetClass:
    _label, path = TARGETS[key]
    found: TargetClass = import_string(path)
    return found
