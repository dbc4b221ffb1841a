"""Taking the body of a batch apart, so that each event keeps its own bytes and its own fate."""

import json
import re
from collections.abc import Iterator

from django.conf import settings

from messaging.events import Event, MalformedEventError, parse_event

EVENTS_LIMIT = 500
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def unpack(body: bytes) -> list[bytes]:
    """Return the bytes of each event of a batch, unread.

    Raises ``MalformedEventError`` when the body is not a batch; what is wrong with a single event
    is for ``parse_each`` to say.
    """
    # What is not UTF-8 is the fault of the one event it stands in.
    reader = _Reader(body.decode("utf-8", "surrogateescape"))
    try:
        events = _events(reader)
    except RecursionError:
        raise MalformedEventError("nested too deeply") from None
    except MalformedEventError:
        raise
    except ValueError:
        raise MalformedEventError("not JSON") from None
    if events is None:
        raise MalformedEventError("Object missing required field `events`")
    if len(events) > EVENTS_LIMIT:
        raise MalformedEventError(f"more than {EVENTS_LIMIT} events")
    return [text.encode("utf-8", "surrogateescape") for text in events]


def parse_each(bodies: list[bytes]) -> Iterator[Event | MalformedEventError]:
    """Yield each event, or what is wrong with it."""
    for body in bodies:
        try:
            yield _parse(body)
        except MalformedEventError as error:
            yield error


def _parse(body: bytes) -> Event:
    if len(body) > settings.EVENT_BODY_LIMIT:
        raise MalformedEventError(f"larger than {settings.EVENT_BODY_LIMIT} bytes")
    return parse_event(body)


class _Reader:
    """Goes through a JSON text value by value and remembers where each one stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def take(self, mark: str) -> bool:
        """Step over ``mark`` if it comes next."""
        self._skip_space()
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def expect(self, mark: str) -> None:
        """Step over ``mark``; nothing else may come next."""
        if not self.take(mark):
            raise MalformedEventError("not a batch of events")

    def value(self) -> tuple[object, str]:
        """Return the next value, and the text that says it."""
        self._skip_space()
        start = self._at
        value, self._at = _DECODER.raw_decode(self._text, start)
        return value, self._text[start : self._at]

    def list_until(self, end: str) -> Iterator[None]:
        """Yield before each of the things that are separated by commas up to ``end``."""
        if self.take(end):
            return
        yield
        while not self.take(end):
            self.expect(",")
            yield

    def expect_end(self) -> None:
        """Nothing but space may follow."""
        self._skip_space()
        if self._at != len(self._text):
            raise MalformedEventError("not a batch of events")

    def _skip_space(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at


def _events(reader: _Reader) -> list[str] | None:
    """Return the texts of the elements of ``events``; other fields are ignored."""
    events = None
    reader.expect("{")
    for _ in reader.list_until("}"):
        name, _ = reader.value()
        reader.expect(":")
        if name != "events":
            reader.value()
        elif events is None:
            reader.expect("[")
            events = [reader.value()[1] for _ in reader.list_until("]")]
        else:
            raise MalformedEventError("a key occurs twice in one object")
    reader.expect_end()
    return events
