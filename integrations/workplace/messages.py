"""Calls of the Send API, each to exactly one member."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from integrations.errors import RecipientGone
from integrations.targets import Sent
from integrations.workplace.answer import Expected, text_of
from integrations.workplace.client import Call, GraphClient
from integrations.workplace.directory import is_account_id


class Action(StrEnum):
    """What the bot can show of itself without a message (Send API, sender actions)."""

    MARK_SEEN = "mark_seen"
    TYPING_ON = "typing_on"
    TYPING_OFF = "typing_off"


def send_text(client: GraphClient, account_id: str, text: str, *, reference: str = "") -> Sent:
    """Send a plain text of at most 2,000 UTF-16 units; ``reference`` comes back in the echo."""
    return _send(client, account_id, {"text": text}, reference)


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
