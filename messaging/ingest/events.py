"""The events ovice sends, as strict types, and the parser that lets nothing else through.

Unknown fields are ignored and unknown event types are told apart, so that ovice may add both. A
field that merely decorates is cut or dropped where it cannot be read. In those that decide, wrong
types, broken Unicode and times without a zone are refused, and so are duplicate keys anywhere.
"""

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from core import strict_json
from core.tolerant_reader import decorates, mended, read
from integrations.models import OVICE_ID_LENGTH
from integrations.ovice.schemas import (
    Email,
    Id,
    MemberInfo,
    MemberRef,
    Name,
    OrganizationUpdate,
    SpaceInfo,
    SpaceRef,
    Time,
    Url,
    Word,
)

_T = TypeVar("_T")
_ENUM_VALUE = re.compile(r"Invalid enum value .*(?= - at )", re.DOTALL)

TEXT_LIMIT = 8_000
# A time outside these years is a mistake, and near the ends of the calendar it cannot be computed.
_YEARS = range(2000, 2100)


class MalformedEventError(ValueError):
    """The body is not an event of the contract; the text says where, and quotes nothing of it."""


class OrganizationRef(Struct, frozen=True):
    """The organization an event belongs to."""

    id: Id


class Attachment(Struct, frozen=True):
    """A file named in a DM; it is counted, never fetched."""

    kind: Word = ""


# Attachments are counted: one that cannot be read is one all the same.
def _countable(told: object) -> object:
    return [one if isinstance(one, dict) else {} for one in told] if isinstance(told, list) else []


Text = Annotated[
    str, Meta(max_length=TEXT_LIMIT, extra=mended(lambda told: "" if told is None else told))
]
TextFormat = Annotated[Literal["plain", "html"], Meta(extra=decorates())]


class DirectMessage(Struct, frozen=True):
    """The message itself."""

    id: Id
    sent_at: Time
    text: Text = ""
    text_format: TextFormat = "plain"
    deep_link: Url | None = None
    attachments: Annotated[list[Attachment], Meta(extra=mended(_countable))] = []


class Mention(Struct, frozen=True):
    """How the message was addressed; the scope decides, never the text."""

    # Everything but "user" is more than one person, also what is not known here.
    scope: Annotated[str, Meta(extra=mended(lambda _told: ""))]


class Sender(Struct, frozen=True):
    """Author of the message; visitors included."""

    id: Id
    name: Name = ""


class Recipient(Struct, frozen=True):
    """One addressee; ``recipients`` lists all of them."""

    id: Id | None = None
    # Everything but "user" is not one person.
    type: Annotated[str, Meta(extra=mended(lambda _told: ""))] = ""


class MessageCreated(Struct, frozen=True):
    """``message.direct.created``."""

    organization: OrganizationRef
    message: DirectMessage
    mention: Mention
    sender: Sender
    recipients: list[Recipient]
    space: Annotated[SpaceInfo | None, Meta(extra=decorates())] = None


class MessageRef(Struct, frozen=True):
    """A message by its id."""

    id: Id


class MessageEdit(MessageRef, frozen=True):
    """A message's new text."""

    text: Annotated[str, Meta(max_length=TEXT_LIMIT)]
    text_format: TextFormat = "plain"


class MessageUpdated(Struct, frozen=True):
    """``message.direct.updated``."""

    organization: OrganizationRef
    message: MessageEdit


class MessageDeleted(Struct, frozen=True):
    """``message.direct.deleted``."""

    organization: OrganizationRef
    message: MessageRef


class OrganizationUpdated(Struct, frozen=True):
    """``organization.updated``."""

    organization: OrganizationUpdate


class OrganizationRemoved(Struct, frozen=True):
    """``organization.removed``."""

    organization: OrganizationRef


class MemberTold(Struct, frozen=True):
    """``organization.member.added`` and ``.updated``."""

    organization: OrganizationRef
    member: MemberInfo


class MemberRemoved(Struct, frozen=True):
    """``organization.member.removed``."""

    organization: OrganizationRef
    member: MemberRef


class EmailChange(MemberRef, frozen=True):
    """A person's new address."""

    new: Email
    verified: bool = False


class EmailChanged(Struct, frozen=True):
    """``organization.member.email_changed``."""

    organization: OrganizationRef
    member: EmailChange


class SpaceTold(Struct, frozen=True):
    """``space.created`` and ``.updated``."""

    organization: OrganizationRef
    space: SpaceInfo


class SpaceRemoved(Struct, frozen=True):
    """``space.removed``."""

    organization: OrganizationRef
    space: SpaceRef


EventData = (
    MessageCreated
    | MessageUpdated
    | MessageDeleted
    | OrganizationUpdated
    | OrganizationRemoved
    | MemberTold
    | MemberRemoved
    | EmailChanged
    | SpaceTold
    | SpaceRemoved
)

SCHEMAS: dict[str, type[EventData]] = {
    "message.direct.created": MessageCreated,
    "message.direct.updated": MessageUpdated,
    "message.direct.deleted": MessageDeleted,
    "organization.updated": OrganizationUpdated,
    "organization.removed": OrganizationRemoved,
    "organization.member.added": MemberTold,
    "organization.member.updated": MemberTold,
    "organization.member.removed": MemberRemoved,
    "organization.member.email_changed": EmailChanged,
    "space.created": SpaceTold,
    "space.updated": SpaceTold,
    "space.removed": SpaceRemoved,
}


class Envelope(Struct, frozen=True):
    """Envelope that every event has around its data."""

    type: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*\Z")]
    timestamp: Time
    data: dict[str, Any]
    schema: Literal[1] = 1


class EventIdInside(Struct, frozen=True):
    """The id an event carries in its data, made of what may stand in a ``webhook-id`` header."""

    event_id: Annotated[
        str, Meta(min_length=1, max_length=OVICE_ID_LENGTH, pattern=r"^[\x21-\x2d\x2f-\x7e]+\Z")
    ]


class Event(Struct, frozen=True):
    """A parsed event; ``data`` is None for a type this version does not work on."""

    id: str
    type: str
    at: datetime
    data: EventData | None


# msgspec builds a type's tables at its first use, and two threads that do so at the same time can
# crash the process: so each type is used once here, while only this import is at work.
for _type in (Envelope, EventIdInside, *SCHEMAS.values()):
    with suppress(msgspec.ValidationError):
        msgspec.convert({}, _type)


def parse_event(body: bytes, *, event_id: str | None = None) -> Event:
    """Return the event in ``body``, which arrived under the webhook id ``event_id``.

    One without a webhook id of its own must carry its id inside. Raises ``MalformedEventError``,
    whose text names the place and not the content.
    """
    envelope = _convert(_load(body), Envelope)
    if event_id is None:
        event_id = _convert(envelope.data, EventIdInside).event_id
    if envelope.data.get("event_id", event_id) != event_id:
        raise MalformedEventError("data.event_id differs from the webhook-id header")
    schema = SCHEMAS.get(envelope.type)
    data = _convert(envelope.data, schema) if schema else None
    times = [envelope.timestamp]
    if isinstance(data, MessageCreated):
        times.append(data.message.sent_at)
    if any(time.year not in _YEARS for time in times):
        raise MalformedEventError("a time lies outside this century")
    return Event(event_id, envelope.type, envelope.timestamp, data)


def _load(body: bytes) -> object:
    try:
        return strict_json.load(body)
    except strict_json.NotStrictError as error:
        raise MalformedEventError(str(error)) from None


def _convert(document: object, schema: type[_T]) -> _T:
    try:
        return read(document, schema)
    except msgspec.ValidationError as error:
        # msgspec names types, limits and the path; only of an enum it quotes the value.
        raise MalformedEventError(_ENUM_VALUE.sub("Invalid enum value", str(error))) from None
