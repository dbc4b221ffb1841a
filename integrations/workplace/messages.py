"""Calls of the Send API, each to exactly one member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from integrations.targets.errors import RecipientGone
from integrations.targets.port import Choice, Page, Saying, Sent
from integrations.workplace.client import GraphClient
from integrations.workplace.directory import is_account_id
from integrations.workplace.request import Call, Expected
from integrations.workplace.response import text_of
from integrations.workplace.split import utf16_units

# A button template's text (Messenger Platform, button template).
TEMPLATE_UNITS = 640


class Action(StrEnum):
    """Action by which the bot shows itself without a message (Send API, sender actions)."""

    MARK_SEEN = "mark_seen"
    TYPING_ON = "typing_on"


@dataclass(frozen=True, slots=True)
class Button:
    """Opens ``url``, or sends ``payload`` back to us; the title has at most 20 characters."""

    title: str
    url: str = ""
    payload: str = ""

    def described(self) -> dict[str, str]:
        """Return the platform's form of it."""
        if self.url:
            return {"type": "web_url", "title": self.title, "url": self.url}
        return {"type": "postback", "title": self.title, "payload": self.payload}


@dataclass(frozen=True, slots=True)
class QuickReply:
    """An answer to tap. Title: 20 characters; ``payload`` comes back: 1,000 characters."""

    title: str
    payload: str

    def described(self) -> dict[str, str]:
        """Return the platform's form of it."""
        return {"content_type": "text", "title": self.title, "payload": self.payload}


def send_text(
    client: GraphClient,
    account_id: str,
    text: str,
    *,
    reference: str = "",
    offers: Sequence[Choice | Page] = (),
) -> Sent:
    """Send a text of at most 2,000 UTF-16 units; ``reference`` comes back in the echo.

    Offers become buttons below it, which leave room for 640 units; a longer text goes without.
    """
    message: dict[str, Any] = {"text": text}
    if offers and utf16_units(text) <= TEMPLATE_UNITS:
        message = _template(text, [button_of(offer) for offer in offers])
    return _send(client, account_id, message, reference)


def button_of(offer: Choice | Page) -> Button:
    """Return the button that makes an offer."""
    if isinstance(offer, Page):
        return Button(offer.title, url=offer.url)
    return Button(offer.title, payload=offer.code)


def send_saying(client: GraphClient, account_id: str, saying: Saying) -> Sent:
    """Send what the bot says: pages as buttons below the text, choices as quick replies."""
    message: dict[str, Any] = {"text": saying.text}
    if saying.pages:
        message = _template(saying.text, [button_of(page) for page in saying.pages])
    if saying.choices:
        replies = [QuickReply(choice.title, choice.code) for choice in saying.choices]
        message["quick_replies"] = [reply.described() for reply in replies]
    return _send(client, account_id, message)


def send_action(client: GraphClient, account_id: str, action: Action) -> None:
    """Show the bot as typing, or the member's message as seen; it leaves no message."""
    payload = {"recipient": _recipient(account_id), "sender_action": action}
    expected = Expected(fields=("recipient_id",))
    client.call(Call("action", "POST", ("me", "messages"), payload=payload, expected=expected))


def _template(text: str, buttons: Sequence[Button]) -> dict[str, Any]:
    payload = {
        "template_type": "button",
        "text": text,
        "buttons": [button.described() for button in buttons],
    }
    return {"attachment": {"type": "template", "payload": payload}}


def _send(
    client: GraphClient, account_id: str, message: Mapping[str, Any], reference: str = ""
) -> Sent:
    metadata = {"metadata": reference} if reference else {}
    answer = client.call(
        Call(
            "send",
            "POST",
            ("me", "messages"),
            payload={
                "recipient": _recipient(account_id),
                "messaging_type": "UPDATE",
                "message": {**message, **metadata},
            },
            expected=Expected(fields=("message_id",), once=True),
        )
    )
    return Sent(text_of(answer.body["message_id"]), answer.usage.highest)


def _recipient(account_id: str) -> dict[str, str]:
    """Address one person. A list of ids would open a group chat that others can read."""
    if not is_account_id(account_id):
        raise RecipientGone(code="not-an-id")
    return {"id": account_id}
