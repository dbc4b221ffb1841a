"""Splitting the body of a batch, so that each event keeps its own bytes and its own fate.

The cuts are found by quotes and brackets alone: an event that no reader of JSON can take, however
deep or long, is refused by itself. What is around the events is read as strictly as an event.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from django.conf import settings

from integrations import strict_json
from messaging.events import Event, MalformedEventError, parse_event

EVENTS_LIMIT = 500
# A string that does not end goes on to the end of the body, so that it is looked at only once.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[][{},:]', re.DOTALL)
_EVENTS = b'"events"'
# In the list, in the object that is the body.
_IN_LIST = 2


def unpack(body: bytes) -> list[bytes]:
    """Return the bytes of each event of a batch, unread.

    Raises ``MalformedEventError`` when the body is not a batch; what is wrong with a single event
    is for ``parse_each`` to say.
    """
    cuts = _cuts(body)
    around = body[: cuts[0]] + body[cuts[-1] - 1 :] if cuts else body
    try:
        # A broken character beside the events spoils none of them.
        document = strict_json.load(around.decode(errors="replace").encode())
    except strict_json.NotStrictError as error:
        raise MalformedEventError(str(error)) from None
    if not isinstance(document, dict) or document.get("events", []) != []:
        raise MalformedEventError("not a batch of events")
    if not cuts:
        raise MalformedEventError("Object missing required field `events`")
    events = [body[start : end - 1].strip(b" \t\n\r") for start, end in pairwise(cuts)]
    events = [] if events == [b""] else events
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


def _cuts(body: bytes) -> list[int]:
    """Return the place behind the list's beginning, behind each of its commas, and behind its end.

    Nothing where the body has no such list.
    """
    depth, before, cuts = 0, (b"", b""), list[int]()
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == _IN_LIST and mark == b"[" and before == (_EVENTS, b":") and not cuts:
                cuts.append(token.end())
        elif mark in (b"]", b"}"):
            depth -= 1
            if cuts and depth < _IN_LIST:
                return [*cuts, token.end()]
        elif mark == b"," and depth == _IN_LIST and cuts:
            cuts.append(token.end())
        before = (before[1], mark)
    return []
