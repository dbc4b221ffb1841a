"""Inbox of the webhook: Workplace's posts as updates (Workplace webhooks, topic ``page``)."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from core import strict_json
from integrations.targets.events import (
    CODE_LENGTH,
    KEY_LENGTH,
    SAID_LENGTH,
    Update,
    UpdateKind,
    WebhookKeys,
    WebhookMalformed,
    WebhookRefused,
)
from integrations.workplace.response import text_of
from integrations.workplace.signature import is_signed

# One post holds up to so many updates (Graph API, webhooks).
MOST_UPDATES = 1000
ID_LENGTH = 64
# Longer lists of message ids are not known; what goes beyond is told by later read events.
MOST_MESSAGE_IDS = 100
MESSAGE_ID_LENGTH = 255
_OTHER_KINDS = {
    "postback": UpdateKind.TAPPED,
    "delivery": UpdateKind.REACHED,
    "read": UpdateKind.SEEN,
}
_LAST_MILLISECOND = 253_402_300_799_999


class WorkplaceInbox:
    """The port of ``integrations.targets.events`` for one app's webhooks."""

    def __init__(self, keys: WebhookKeys) -> None:
        """Check with the app secret and verify token of one app."""
        self._keys = keys

    def challenge(self, query: Mapping[str, str]) -> str:
        """Return the challenge of a verification call; raise ``WebhookRefused``."""
        token = query.get("hub.verify_token", "")
        known = self._keys.verify_token
        matches = hmac.compare_digest(token.encode("utf-8", "replace"), known.encode())
        if not known or not matches or query.get("hub.mode") != "subscribe":
            raise WebhookRefused
        return query.get("hub.challenge", "")[:ID_LENGTH]

    def read(self, body: bytes, headers: Mapping[str, str]) -> list[Update]:
        """Return what happened in chats and mentions; other topics and fields are left out."""
        if not is_signed(body, headers, self._keys.app_secret):
            raise WebhookRefused
        try:
            document = strict_json.load_parts(body, "entry", "messaging")
        except strict_json.NotStrictError:
            raise WebhookMalformed from None
        if not isinstance(document, dict):
            raise WebhookMalformed
        if document.get("object") != "page":
            return []
        updates = [update for entry in _maps(document.get("entry")) for update in _read(entry)]
        if len(updates) > MOST_UPDATES:
            raise WebhookMalformed
        return updates


def _maps(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of what should be a list of objects."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _read(entry: Mapping[str, Any]) -> Iterator[Update]:
    bot_id = _id(entry.get("id"))
    if not bot_id:
        return
    for item in _maps(entry.get("messaging")):
        if (update := _read_chat(bot_id, item)) is not None:
            yield update
    for change in _maps(entry.get("changes")):
        if (update := _read_mention(bot_id, entry, change)) is not None:
            yield update


def _read_chat(bot_id: str, item: Mapping[str, Any]) -> Update | None:
    sender, at = _object(item, "sender"), _moment(item.get("timestamp"))
    message = _object(item, "message")
    echo = message.get("is_echo") is True
    person = _object(item, "recipient") if echo else sender
    account_id = _id(person.get("id"))
    found = _what_happened(item, message, echo=echo)
    # The bot's own messages come under its id: answering them would never end.
    if at is None or not account_id or account_id == bot_id or found is None:
        return None
    kind, told = found
    return Update(
        key=_key(kind, account_id, text_of(item.get("timestamp")), told),
        kind=kind,
        at=_seen_until(item) or at,
        bot_id=bot_id,
        account_id=account_id,
        community_id=_id(_object(sender, "community").get("id")),
        code=_code(item, message),
        reference=_plain(message.get("metadata"), CODE_LENGTH) if echo else "",
        message_ids=_message_ids(item, message),
        said=_said(message) if kind is UpdateKind.WROTE else "",
    )


def _what_happened(
    item: Mapping[str, Any], message: Mapping[str, Any], *, echo: bool
) -> tuple[UpdateKind, str] | None:
    """Return the kind, and what tells this update from others of the same moment."""
    if message:
        return _message_kind(item, message, echo=echo), text_of(message.get("mid"))
    for name, kind in _OTHER_KINDS.items():
        if told := _object(item, name):
            return kind, json.dumps([told.get("payload"), told.get("mids"), told.get("watermark")])
    return None


def _message_kind(item: Mapping[str, Any], message: Mapping[str, Any], *, echo: bool) -> UpdateKind:
    if echo:
        return UpdateKind.ECHOED
    if "thread" in item:
        return UpdateKind.SPOKE_IN_GROUP
    return UpdateKind.TAPPED if message.get("quick_reply") else UpdateKind.WROTE


def _code(item: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    # The title of a quick reply also comes as the message's text; only the payload is ours.
    tapped = _object(message, "quick_reply") or _object(item, "postback")
    return _plain(tapped.get("payload"), CODE_LENGTH) if tapped else ""


def _said(message: Mapping[str, Any]) -> str:
    text = message.get("text")
    return text if isinstance(text, str) and len(text) <= SAID_LENGTH else ""


def _message_ids(item: Mapping[str, Any], message: Mapping[str, Any]) -> tuple[str, ...]:
    if message:
        mid = _plain(message.get("mid"), MESSAGE_ID_LENGTH)
        return (mid,) if mid else ()
    told = _object(item, "delivery").get("mids")
    mids = told[:MOST_MESSAGE_IDS] if isinstance(told, list) else ()
    return tuple(filter(None, (_plain(mid, MESSAGE_ID_LENGTH) for mid in mids)))


def _seen_until(item: Mapping[str, Any]) -> datetime | None:
    return _moment(_object(item, "read").get("watermark")) if "read" in item else None


def _read_mention(
    bot_id: str, entry: Mapping[str, Any], change: Mapping[str, Any]
) -> Update | None:
    value = _object(change, "value")
    account_id = _id(_object(value, "from").get("id"))
    # Changes carry seconds, chats carry milliseconds.
    at = _moment(entry.get("time"), unit=1000)
    if change.get("field") != "mention" or at is None or account_id in ("", bot_id):
        return None
    kind = UpdateKind.SPOKE_IN_GROUP
    post = f"{text_of(value.get('post_id'))}/{text_of(value.get('comment_id'))}"
    return Update(
        key=_key(kind, account_id, text_of(entry.get("time")), post),
        kind=kind,
        at=at,
        bot_id=bot_id,
        account_id=account_id,
        community_id=_id(_object(value, "community").get("id")),
    )


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parent.get(name)
    # Not any mapping: JSON has only these, and asking for the abstract type takes much longer.
    return value if isinstance(value, dict) else {}


def _plain(value: object, length: int) -> str:
    """Return a word of ours or of the platform; empty for what neither of us writes."""
    found = text_of(value)
    return found if found.isascii() and found.isprintable() and len(found) <= length else ""


def _id(value: object) -> str:
    """Return an id, which the platform sends as text or as a number; empty for anything else."""
    found = text_of(value)
    return found if found.isascii() and found.isdigit() and len(found) <= ID_LENGTH else ""


def _moment(value: object, *, unit: int = 1) -> datetime | None:
    """Return a moment given in so many thousandths of a second, or None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    milliseconds = value * unit
    if not 0 < milliseconds <= _LAST_MILLISECOND:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _key(kind: UpdateKind, *parts: str) -> str:
    """Return what stays the same however often the platform sends this update.

    A message is known by its ``mid`` alone; a tap by sender, time and payload.
    """
    *_others, mid = parts
    told = (mid,) if mid and kind in (UpdateKind.WROTE, UpdateKind.ECHOED) else parts
    digest = hashlib.sha256("\x00".join(told).encode("utf-8", "replace")).hexdigest()
    return f"{kind}:{digest}"[:KEY_LENGTH]
