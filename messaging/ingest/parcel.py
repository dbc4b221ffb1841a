"""Split of a batch's body: each event keeps its own bytes and its own fate.

An event that no reader of JSON can take is refused by itself. The rest around the events is read as
strictly as an event.
"""

from collections.abc import Iterator

from django.conf import settings

from core import strict_json
from messaging.ingest.events import Event, MalformedEventError, parse_event

EVENTS_LIMIT = 500


def unpack(body: bytes) -> list[bytes]:
    """Return the bytes of each event of a batch, unread.

    Raises ``MalformedEventError`` when the body is not a batch; what is wrong with a single event
    is for ``parse_each`` to say.
    """
    around, events = strict_json.split(body, "events")
    try:
        # A broken character beside the events spoils none of them.
        document = strict_json.load(around.decode(errors="replace").encode())
    except strict_json.NotStrictError as error:
        raise MalformedEventError(str(error)) from None
    if not isinstance(document, dict) or document.get("events", []) != []:
        raise MalformedEventError("not a batch of events")
    if events is None:
        raise MalformedEventError("Object missing required field `events`")
    if b"" in events:
        raise MalformedEventError("not a batch of events")
    if len(events) > EVENTS_LIMIT:
        raise MalformedEventError(f"more than {EVENTS_LIMIT} events")
    return events


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
