"""Server-sent events: open pages hear that something changed and fetch their own lists again."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from aiohttp import web

HEARTBEAT_SECONDS = 15.0
QUEUE_LENGTH = 100
OPENED = json.dumps({"kind": "opened"})


class Live:
    """Fans events out to the pages that listen to a topic, such as `chat:2001`."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)

    def publish(self, topic: str, event: dict[str, Any]) -> None:
        """Tell everybody on `topic`; a page too slow to keep up misses events, never blocks."""
        if listeners := self._listeners.get(topic):
            text = json.dumps(event)
            for queue in listeners:
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(text)

    @contextlib.contextmanager
    def listen(self, topic: str) -> Iterator[asyncio.Queue[str]]:
        """Give a queue that receives the topic's events until the block is left."""
        queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_LENGTH)
        self._listeners[topic].add(queue)
        try:
            yield queue
        finally:
            self._listeners[topic].discard(queue)
            if not self._listeners[topic]:
                del self._listeners[topic]


LIVE: web.AppKey[Live] = web.AppKey("live", Live)


async def stream(request: web.Request) -> web.StreamResponse:
    """Answer `GET /live?topic=…` with an endless stream of the topic's events."""
    topic = request.query.get("topic", "")
    if not topic:
        raise web.HTTPBadRequest(text="Say which topic: /live?topic=…")
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    with request.app[LIVE].listen(topic) as queue:
        await response.prepare(request)
        # Changes during the way of the page are fetched at once, also after a break.
        await response.write(_framed(OPENED))
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(await _next_frame(queue))
    return response


async def _next_frame(queue: asyncio.Queue[str]) -> bytes:
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            text = await queue.get()
    except TimeoutError:
        return b": still here\n\n"
    return _framed(text)


def _framed(text: str) -> bytes:
    return f"data: {text}\n\n".encode()
