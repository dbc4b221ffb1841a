"""Looks up when a message reached the pretend Work Chat, which the same process may know."""

from collections import defaultdict
from typing import Self

from aiohttp import web

from sandbox.ovice.outbox import OutgoingEvent
from sandbox.workplace.world import WORLD, World


class Arrivals:
    """Messages that bots have written to each address; made for one look and then dropped."""

    def __init__(self, world: World) -> None:
        """Sort the messages of all bots by their readers' addresses."""
        self._written: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for message in world.messages:
            if message.sender is None and message.readable:
                for member in message.thread.members:
                    self._written[member.email.casefold()].append(
                        (message.created_at, message.readable)
                    )

    @classmethod
    def of(cls, request: web.Request) -> Self:
        """Look at the Work Chat of the running sandbox."""
        return cls(request.app[WORLD])

    def seconds_after(self, event: OutgoingEvent) -> float | None:
        """Return how long after it was made an event's message was in its reader's chat."""
        if not event.reader_email:
            return None
        for arrived_at, written in self._written.get(event.reader_email.casefold(), ()):
            if arrived_at >= event.created_at and event.text in written:
                return round(arrived_at - event.created_at, 3)
        return None
