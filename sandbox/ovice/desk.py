"""Where pages and control API act: writes chat, tells the relay what changed."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.ovice import events
from sandbox.ovice.mentions import parse_mentions
from sandbox.ovice.moments import write_moment
from sandbox.ovice.outbox import OutgoingEvent
from sandbox.ovice.records import DM_FEATURE, ChatMessage, Mention, Person, Space
from sandbox.ovice.sender import Sender
from sandbox.ovice.settings import OviceSettings
from sandbox.ovice.world import Told, new_number
from sandbox.state import State

PUBLIC = Mention("none", [], [])


@dataclass(frozen=True)
class Draft:
    """A message that is about to be written; what is empty is made."""

    space: Space
    sender: Person
    text: str
    mention: Mention
    text_format: str = "plain"
    attachments: list[dict[str, Any]] = field(default_factory=list)
    sent_at: str = ""
    message_id: str = ""
    event_id: str = ""


class Desk:
    """Carries out what somebody does in the pretend ovice."""

    def __init__(self, state: State, settings: OviceSettings, sender: Sender) -> None:
        """Work with the given state and send through `sender`."""
        self._state = state
        self._settings = settings
        self._sender = sender

    async def tell(self, organization_id: str, told: Told) -> list[OutgoingEvent]:
        """Send directory events one after another; return them after their first attempts."""
        self.refresh(organization_id)
        sent = []
        for event_type, data in told:
            event = self._event(organization_id, event_type, data)
            await self._sender.send(event)
            sent.append(event)
        return sent

    async def say(self, space: Space, sender: Person, text: str) -> ChatMessage:
        """Write a line as the chat pane does: its mentions decide who sees it."""
        mention = parse_mentions(text, space)
        if sender.role not in DM_FEATURE[space.dm_feature]:
            # ovice does so: who may not write to one person speaks in public instead.
            mention = PUBLIC
        relayed = is_direct(mention, sender) or not self._settings.filter_at_source
        return await self.write(Draft(space, sender, text, mention), relayed=relayed)

    async def write(self, draft: Draft, *, relayed: bool = True) -> ChatMessage:
        """Put a message into the chat; a relayed one goes out and waits for its first answer."""
        message = ChatMessage(
            message_id=draft.message_id or f"msg-{new_number(8)}",
            space=draft.space,
            sender=draft.sender,
            text=draft.text,
            text_format=draft.text_format,
            sent_at=draft.sent_at or write_moment(self._state.clock.now()),
            mention=draft.mention,
            attachments=draft.attachments,
        )
        draft.space.chat.append(message)
        organization_id = draft.space.organization.organization_id
        if relayed:
            message.event = self._message_event(message, draft.event_id)
        self.refresh(organization_id)
        if message.event:
            await self._sender.send(message.event)
        return message

    async def edit(self, message: ChatMessage, text: str) -> OutgoingEvent:
        """Change a message's text and tell the relay."""
        message.text = text
        return await self._tell_of(message, "message.direct.updated")

    async def erase(self, message: ChatMessage) -> OutgoingEvent:
        """Take a message out of the chat and tell the relay."""
        message.space.chat.remove(message)
        return await self._tell_of(message, "message.direct.deleted")

    def refresh(self, organization_id: str) -> None:
        """Make open pages of the organization fetch their parts again."""
        self._state.live.publish(f"ovice:{organization_id}", {"kind": "change"})

    async def _tell_of(self, message: ChatMessage, event_type: str) -> OutgoingEvent:
        organization_id = message.space.organization.organization_id
        told: Told = [(event_type, events.named_message(message))]
        return (await self.tell(organization_id, told))[0]

    def _message_event(self, message: ChatMessage, event_id: str) -> OutgoingEvent:
        data = events.direct_message(message, self._settings.ovice_url)
        organization_id = message.space.organization.organization_id
        event = self._event(organization_id, "message.direct.created", data, event_id=event_id)
        event.message_id = message.message_id
        if len(message.mention.recipients) == 1:
            event.reader_email = message.mention.recipients[0].email or ""
            event.text = message.text.strip()
        return event

    def _event(
        self, organization_id: str, event_type: str, data: dict[str, Any], event_id: str = ""
    ) -> OutgoingEvent:
        event_id = event_id or f"evt_{uuid.uuid4().hex}"
        now = self._state.clock.now()
        body = events.encode(event_id, event_type, write_moment(now), data)
        return OutgoingEvent(event_id, event_type, organization_id, body, now)


def is_direct(mention: Mention, sender: Person) -> bool:
    """Tell whether a message is a DM: one named person, and not the sender."""
    return mention.scope == "user" and mention.recipients != [sender]


DESK: web.AppKey[Desk] = web.AppKey("desk", Desk)
