"""Replies of an endpoint, and how they are put on the wire: whole, in part, or not at all."""

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.workplace.errors import GraphError

JSON = "application/json; charset=UTF-8"
LINGER_OFF = struct.pack("ii", 1, 0)
FLUSH_SECONDS = 0.02


@dataclass
class Reply:
    """Status, body and headers; `keep_bytes` cuts the connection after so many of the body."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    keep_bytes: int | None = None
    answers: bool = True

    @classmethod
    def of(cls, value: Any, status: int = 200) -> "Reply":
        """Return a reply with a value as JSON; non-ASCII is escaped, as the platform did."""
        return cls(status, json.dumps(value, separators=(",", ":")).encode())

    @classmethod
    def refused(cls, error: GraphError) -> "Reply":
        """Return a reply with an error's envelope."""
        reply = cls.of(error.envelope(), error.status)
        reply.headers.update(error.headers)
        return reply

    @classmethod
    def silence(cls) -> "Reply":
        """Return no reply: the connection is reset."""
        return cls(0, b"", answers=False)


async def transmit(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Put a reply on the wire."""
    if not reply.answers:
        reset_connection(request)
        return web.Response()
    headers = reply.headers | {"Content-Type": reply.content_type}
    if reply.keep_bytes is None:
        return web.Response(status=reply.status, body=reply.body, headers=headers)
    response = web.StreamResponse(status=reply.status, headers=headers)
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[: reply.keep_bytes])
    await asyncio.sleep(FLUSH_SECONDS)
    reset_connection(request)
    return response


def reset_connection(request: web.Request) -> None:
    """End the connection hard: the caller sees a reset, not an orderly close."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OFF)
    transport.abort()
