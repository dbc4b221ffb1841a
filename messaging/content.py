"""What of a DM is kept, encrypted, until its copy has been sent."""

import unicodedata
from contextlib import suppress
from html.parser import HTMLParser
from typing import Self

import msgspec

from integrations.cleaning import clean

# Tags after which a reader expects a new line.
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote", "pre"})
_HIDDEN = frozenset({"script", "style", "head", "template"})


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


# As in messaging.events: the first use of a type must not happen in two threads at once.
with suppress(msgspec.ValidationError):
    msgspec.json.decode("{}", type=Content)


class _TextOf(HTMLParser):
    """Collects what a reader would see of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "img":
            # Stamps and custom emoji travel as images with a name.
            self.pieces.append(dict(attrs).get("alt") or "")
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def plain_text(text: str, text_format: str) -> str:
    """Return ``text`` as one would read it: without markup, control characters and outer space."""
    return clean(_without_markup(text) if text_format == "html" else text)


def is_blank(text: str) -> bool:
    """Return whether a reader would see nothing of ``text``."""
    return all(unicodedata.category(char)[0] in "ZC" for char in text)


def _without_markup(text: str) -> str:
    parser = _TextOf()
    parser.feed(text)
    parser.close()
    return "".join(parser.pieces)
