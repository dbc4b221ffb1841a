"""Looks up when a message reached the pretend Work Chat, which the same process may know."""

from collections import defaultdict
from typing import Self

from aiohttp import web

from sandbox.ovice.records import ChatMessage
from sandbox.workplace.world import WORLD, World


class Arrivals:
    """What bots have written to each address; made for one look and then dropped."""

    def __init__(self, world: World) -> None:
        """Sort the messages of all bots by their readers' addresses."""
        self._written: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for message in world.messages:
            if message.sender is None and message.text:
                for member in message.thread.members:
                    self._written[member.email.casefold()].append(
                        (message.created_at, message.text)
                    )

    @classmethod
    def of(cls, request: web.Request) -> Self:
        """Look at the Work Chat of the running sandbox."""
        return cls(request.app[WORLD])

    def seconds_after(self, message: ChatMessage) -> float | None:
        """Return how long after it went out a message was in its reader's chat, if it is."""
        if message.event is None or len(message.mention.recipients) != 1:
            return None
        email = (message.mention.recipients[0].email or "").casefold()
        sent_at, text = message.event.created_at, message.text.strip()
        for arrived_at, written in self._written.get(email, ()):
            if arrived_at >= sent_at and text in written:
                return round(arrived_at - sent_at, 3)
        return None
