"""Content of a DM, kept encrypted until its copy has been sent."""

from contextlib import suppress
from typing import Self

import msgspec

from core.text import clean
from messaging.delivery.markup import text_of


class Content(msgspec.Struct, frozen=True):
    """The readable part of a DM, already reduced to plain text."""

    sender_name: str
    space_name: str
    text: str
    attachments: int
    link: str

    def to_json(self) -> str:
        """Return the form in which it is sealed."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, document: str) -> Self:
        """Return what ``to_json`` made; raise ``msgspec.DecodeError`` for anything else."""
        return msgspec.json.decode(document, type=cls)


# As in messaging.ingest.events: the first use of a type must not happen in two threads at once.
with suppress(msgspec.ValidationError):
    msgspec.json.decode("{}", type=Content)


def plain_text(text: str, text_format: str) -> str:
    """Return ``text`` as one would read it: without markup, control characters and outer space."""
    return clean(text_of(text) if text_format == "html" else text)
