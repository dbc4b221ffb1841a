"""Echo as a chat target: the port of ``integrations.targets.port``, and nothing besides."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils.timezone import now

from integrations.targets.errors import RecipientGone, TokenRejected
from integrations.targets.events import Inbox, Update, UpdateKind, WebhookKeys, WebhookRefused
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
from integrations.targets.setup import SetupGuide
from tests.targets.echo.chats import PLATFORM

GUIDE = SetupGuide(
    label="Echo",
    steps=("Shout.", "Copy what comes back, and paste it here."),
    permissions={},
    where_permissions_are="",
    secret_help="",
    clock_help="",
    webhook_steps=(),
    webhook_fields=(),
)


class NoApp:
    """Echo has no app that could be installed: owners paste a token."""

    code_lasts = timedelta(0)

    def is_set_up(self) -> bool:
        return False

    def dialog_url(self, *, redirect_uri: str, state: str) -> str:
        raise NotImplementedError

    def exchange(self, code: str, *, redirect_uri: str) -> str:
        raise NotImplementedError

    def is_own_page(self, url: str) -> bool:
        return False


class EchoInbox:
    """Reads what Echo tells us: that somebody wrote."""

    def __init__(self, keys: WebhookKeys) -> None:
        self._keys = keys

    def challenge(self, query: Mapping[str, str]) -> str:
        raise WebhookRefused

    def read(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Update]:
        if not self._keys.app_secret or headers.get("X-Echo") != self._keys.app_secret:
            raise WebhookRefused
        told = json.loads(body)
        wrote = UpdateKind.WROTE
        return [Update(told["key"], wrote, now(), bot_id="echo", account_id=told["from"])]


class EchoTarget:
    """Everything that the rest of the program knows of Echo."""

    guide = GUIDE
    installer = NoApp()

    def __init__(self, credentials: Credentials) -> None:
        self._token = credentials.access_token

    def check(self) -> Connection:
        if self._token != PLATFORM.token:
            raise TokenRejected
        return Connection(bot_id="echo", bot_name="Echo", community_id="1", community_name="Echo")

    def find_account(self, email: str) -> Account | None:
        account_id = PLATFORM.people.get(email)
        return Account(account_id, name=email, email=email, active=True) if account_id else None

    def find_accounts(self, emails: Sequence[str]) -> Mapping[str, Account | None]:
        return {email: self.find_account(email) for email in emails}

    def get_account(self, account_id: str) -> Account | None:
        found = [email for email, known in PLATFORM.people.items() if known == account_id]
        return self.find_account(found[0]) if found else None

    def lay_out(self, notice: Notice) -> Sequence[str]:
        return ["\n".join([notice.headline, notice.text, *notice.footnotes])]

    def send(
        self, account_id: str, text: str, *, reference: str, offers: Sequence[Choice | Page] = ()
    ) -> Sent:
        if account_id not in PLATFORM.texts:
            raise RecipientGone
        PLATFORM.texts[account_id].append(text)
        return Sent(message_id=f"echo of {reference}")

    def say(self, account_id: str, saying: Saying) -> Sent:
        return self.send(account_id, saying.text, reference="")

    def acknowledge(self, account_id: str) -> None:
        """Echo cannot show that it listens."""

    def introduce(self, start: str, introductions: Mapping[str, Introduction]) -> bool:
        return False

    @staticmethod
    def inbox(keys: WebhookKeys) -> Inbox:
        return EchoInbox(keys)

    @staticmethod
    def app_webhook_keys() -> WebhookKeys:
        return WebhookKeys("", "")
