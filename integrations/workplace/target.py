"""Workplace as a chat target."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.conf import settings

from integrations.targets.events import Inbox, WebhookKeys
from integrations.targets.port import (
    Account,
    Choice,
    Connection,
    Credentials,
    Introduction,
    Notice,
    Page,
    Saying,
    Sent,
)
from integrations.workplace import (
    connection,
    directory,
    introduction,
    layout,
    messages,
    subscriptions,
)
from integrations.workplace.client import GraphClient
from integrations.workplace.guide import GUIDE
from integrations.workplace.inbox import WorkplaceInbox
from integrations.workplace.installer import WorkplaceInstaller


class WorkplaceTarget:
    """The port of ``integrations.targets.port`` on the Graph API; methods say no more than it."""

    guide = GUIDE
    installer = WorkplaceInstaller()

    def __init__(self, credentials: Credentials) -> None:
        self._client = GraphClient(credentials)

    def check(self) -> Connection:
        """Prove the credentials with live calls; raise a ``TargetError`` when they are refused."""
        return connection.check(self._client)

    def find_account(self, email: str) -> Account | None:
        """Return the member who signs in with exactly this address, or None."""
        return directory.find_member(self._client, email)

    def find_accounts(self, emails: Sequence[str]) -> Mapping[str, Account | None]:
        """Return what was found out about each address, 50 in one call."""
        return directory.find_members(self._client, emails)

    def get_account(self, account_id: str) -> Account | None:
        """Return the member with this id, or None when it no longer exists."""
        return directory.get_member(self._client, account_id)

    def lay_out(self, notice: Notice) -> Sequence[str]:
        """Return the texts, at most 2,000 UTF-16 units each, that carry the notice."""
        return layout.lay_out(notice)

    def send(
        self,
        account_id: str,
        text: str,
        *,
        reference: str,
        offers: Sequence[Choice | Page] = (),
    ) -> Sent:
        """Send one text to exactly one member; ``reference`` comes back in ``message_echoes``.

        A text of at most 640 UTF-16 units carries its ``offers`` as buttons, a longer one none.
        """
        return messages.send_text(
            self._client, account_id, text, reference=reference, offers=offers
        )

    def say(self, account_id: str, saying: Saying) -> Sent:
        """Say something of the bot's own to exactly one member."""
        plain = replace(saying, text=layout.neutralise(saying.text))
        return messages.send_saying(self._client, account_id, plain)

    def acknowledge(self, account_id: str) -> None:
        """Mark what the member wrote as seen, and show the bot as typing."""
        messages.send_action(self._client, account_id, messages.Action.MARK_SEEN)
        messages.send_action(self._client, account_id, messages.Action.TYPING_ON)

    def introduce(self, start: str, introductions: Mapping[str, Introduction]) -> bool:
        """Set the start button, greeting and menu; return False when they were so already.

        The bot's page is also asked to tell us its events, which is harmless to repeat.
        """
        subscriptions.switch_page_events_on(self._client)
        return introduction.introduce(self._client, start, introductions)

    @staticmethod
    def inbox(keys: WebhookKeys) -> Inbox:
        """Return what reads the webhooks of the app with these keys."""
        return WorkplaceInbox(keys)

    @staticmethod
    def app_webhook_keys() -> WebhookKeys:
        """Return the keys of the third-party app."""
        return WebhookKeys(settings.WORKPLACE_APP_SECRET, settings.WORKPLACE_WEBHOOK_VERIFY_TOKEN)
