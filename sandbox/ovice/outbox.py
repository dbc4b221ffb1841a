"""The events on their way to the relay and every attempt made to send them."""

import json
from collections import deque
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web

KEPT_EVENTS = 1000


class OutgoingState(StrEnum):
    """Where an event stands."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    RETRYING = "retrying"
    GIVEN_UP = "given_up"
    ENDPOINT_DISABLED = "endpoint_disabled"


@dataclass(slots=True)
class Attempt:
    """One request to the relay; moments are Unix seconds, `status` None means no answer."""

    number: int
    event_id: str
    event_type: str
    organization_id: str
    message_id: str | None
    attempt: int
    sent_at: float
    webhook_timestamp: int
    status: int | None = None
    answer: Any = None
    error: str | None = None
    milliseconds: float | None = None
    next_attempt_at: float | None = None

    def shown(self) -> dict[str, Any]:
        """Return the attempt as the control API shows it."""
        return asdict(self)


@dataclass(slots=True)
class OutgoingEvent:
    """An event whose bytes are fixed; only the timestamp of its attempts changes.

    A message to one person also has that person's address and the text, by which it is looked
    for in the pretend Work Chat.
    """

    event_id: str
    event_type: str
    organization_id: str
    body: bytes
    created_at: float
    message_id: str | None = None
    reader_email: str = ""
    text: str = ""
    state: OutgoingState = OutgoingState.SENDING
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def last(self) -> Attempt | None:
        """Return the latest attempt, if one was made."""
        return self.attempts[-1] if self.attempts else None

    def shown(self) -> dict[str, Any]:
        """Return the event with its latest answer, as the control API shows it."""
        last = self.last
        return {
            "event_id": self.event_id,
            "type": self.event_type,
            "message_id": self.message_id,
            "state": self.state,
            "status": last.status if last else None,
            "answer": last.answer if last else None,
            "error": last.error if last else None,
            "milliseconds": last.milliseconds if last else None,
            "attempts": len(self.attempts),
        }


class Outbox:
    """Remembers the last events and attempts, in order."""

    def __init__(self, keep: int) -> None:
        """Remember up to `keep` attempts, and of fewer events also what was in them."""
        self.attempts: deque[Attempt] = deque(maxlen=keep)
        self._events: dict[str, OutgoingEvent] = {}
        self._last_number = 0

    def add(self, event: OutgoingEvent) -> None:
        """Remember an event; the oldest is forgotten when there are too many."""
        self._events[event.event_id] = event
        if len(self._events) > KEPT_EVENTS:
            del self._events[next(iter(self._events))]

    def find(self, event_id: str) -> OutgoingEvent | None:
        """Return an event by its id."""
        return self._events.get(event_id)

    def open_attempt(self, event: OutgoingEvent, now: float, timestamp: int) -> Attempt:
        """Note an attempt that is about to be made."""
        self._last_number += 1
        attempt = Attempt(
            number=self._last_number,
            event_id=event.event_id,
            event_type=event.event_type,
            organization_id=event.organization_id,
            message_id=event.message_id,
            attempt=len(event.attempts) + 1,
            sent_at=now,
            webhook_timestamp=timestamp,
        )
        event.attempts.append(attempt)
        self.attempts.append(attempt)
        return attempt

    def clear(self) -> None:
        """Forget everything; numbering goes on, so that no number ever means two attempts."""
        self._events.clear()
        self.attempts.clear()


def read_answer(body: bytes) -> Any:
    """Return a relay's answer as JSON if it is that, else as text, else None when empty."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text or None


OUTBOX: web.AppKey[Outbox] = web.AppKey("outbox", Outbox)
