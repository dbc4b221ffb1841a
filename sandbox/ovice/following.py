"""Keeps an open page of a space fresh while its messages are still on the way to Work Chat."""

import asyncio
import contextlib

from aiohttp import web

from sandbox.live import Live
from sandbox.ovice.outbox import OutgoingEvent
from sandbox.state import STATE
from sandbox.workplace.world import WORLD

PATIENCE_SECONDS = 60.0


class Followed:
    """The chats that are listened to, each for the pages of one organization."""

    def __init__(self, live: Live) -> None:
        """Listen to nothing yet."""
        self._live = live
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def follow(self, member_id: str, organization_id: str) -> None:
        """Tell the organization's pages of what happens in a member's chats, for a while."""
        key = (member_id, organization_id)
        if key not in self._tasks:
            task = asyncio.create_task(self._pass_on(*key))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _pass_on(self, member_id: str, organization_id: str) -> None:
        with self._live.listen(f"chat:{member_id}") as news, contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await news.get()
                self._live.publish(f"ovice:{organization_id}", {"kind": "arrival"})


def follow(request: web.Request, event: OutgoingEvent) -> None:
    """Follow an event's message into the chats of whoever has its reader's address."""
    world = request.app[WORLD]
    waited = request.app[STATE].clock.now() - event.created_at
    if not event.reader_email or waited > PATIENCE_SECONDS:
        return
    for community in world.communities.values():
        if member := world.member_by_email(community, event.reader_email):
            request.app[FOLLOWED].follow(member.member_id, event.organization_id)


FOLLOWED: web.AppKey[Followed] = web.AppKey("followed", Followed)
