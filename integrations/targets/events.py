"""Updates that a chat target sends on its own: someone wrote, tapped or read, or our message
arrived.

A target's inbox turns its webhooks into these; whoever handles them knows no platform. Texts that
people write are never stored: a short message is looked at once, for a word that the bot knows.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

KEY_LENGTH = 128
# A longer message is not even looked at.
SAID_LENGTH = 64
CODE_LENGTH = 64


class UpdateKind(StrEnum):
    """Kind of an update."""

    # A person wrote something in their own chat with the bot, or sent a sticker or a file.
    WROTE = "wrote"
    # A person tapped something that we offered; ``code`` says what.
    TAPPED = "tapped"
    # A person spoke to the bot where others can read along.
    SPOKE_IN_GROUP = "spoke_in_group"
    # Our own message stands in the chat; ``reference`` is what we sent along.
    ECHOED = "echoed"
    # Our messages ``message_ids`` reached the person's device.
    REACHED = "reached"
    # The person has seen everything up to ``at``.
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened, already proven to come from the target.

    ``key`` is the same each time the target tells the same thing. ``bot_id`` says which
    installation is meant; ``community_id`` is empty where the target does not name it. ``said`` is
    what the person wrote, if it may be a word for the bot: no row and no log may hold it.
    """

    key: str
    kind: UpdateKind
    at: datetime
    bot_id: str
    account_id: str
    community_id: str = ""
    code: str = ""
    reference: str = ""
    message_ids: tuple[str, ...] = ()
    said: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """Keys of a webhook: the secret that signs it, and the word agreed on for its set-up."""

    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


def keys_of_secret(app_secret: str) -> WebhookKeys:
    """Return the keys of an integration with a secret of its own.

    The word for its set-up follows from the secret, so there is nothing more to keep; who knows the
    word learns nothing of the secret.
    """
    if not app_secret:
        return WebhookKeys("", "")
    word = hmac.new(app_secret.encode(), b"kotozute webhook verify token", hashlib.sha256)
    return WebhookKeys(app_secret, word.hexdigest()[:32])


class WebhookRefused(Exception):
    """A webhook that nobody has proven; it never says which or why."""


class WebhookMalformed(Exception):
    """A webhook that is proven but not readable."""


class Inbox(Protocol):
    """Reads what one chat target sends to its webhook."""

    def challenge(self, query: Mapping[str, str]) -> str:
        """Return what the target wants to hear back; raise ``WebhookRefused``."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Update]:
        """Return what happened; raise ``WebhookRefused`` or ``WebhookMalformed``.

        ``body`` is exactly what was received. Updates that we have no use for are left out.
        """
