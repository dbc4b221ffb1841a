"""The load: signed events of a pretend ovice, ready as bytes before the clock starts."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

from bench.tenants import Tenant

EVENTS = "/v1/ovice/events"
BATCHES = "/v1/ovice/events/batch"
# Numbers are never used twice, so that no event of one round is a repeat of another's.
numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Dm:
    """One DM: its number, which is also in its text, and the event that carries it."""

    number: int
    event: dict[str, object]

    @property
    def data(self) -> dict[str, object]:
        """The DM itself, within its event."""
        return cast("dict[str, object]", self.event["data"])


@dataclass
class Sending:
    """What a load did: statuses, and for each request when it left and when it was answered."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    left_at: list[float] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)

    def require(self, status: int) -> None:
        """Raise ``RuntimeError`` unless every answer had this status."""
        if set(self.statuses) != {status}:
            raise RuntimeError(f"Wanted only answers {status}, got {self.statuses}.")


def make_dms(tenants: Sequence[Tenant], count: int) -> list[Dm]:
    """Return DMs, round robin over the tenants and over each one's recipients."""
    turns = [itertools.cycle(tenant.recipients) for tenant in tenants]
    made = []
    for index in range(count):
        place = index % len(tenants)
        made.append(_dm(next(numbers), tenants[place].organization, next(turns[place])))
    return made


def _dm(number: int, organization: str, recipient: str) -> Dm:
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    space = {
        "id": "987",
        "name": "Tokyo HQ",
        "domain": "tokyo-hq",
        "url": "https://app.ovice.com/ws/tokyo-hq",
    }
    message = {
        "id": f"msg-{number}",
        "text": f"DM {number}: can you join room B?",
        "text_format": "plain",
        "sent_at": moment,
        "attachments": [],
    }
    data = {
        "organization": {"id": organization},
        "space": space,
        "message": message,
        "mention": {"scope": "user", "handles": ["@Hanako"]},
        "sender": {"id": "123456", "name": "Taro", "role": "member"},
        "recipients": [{"id": recipient, "type": "user", "role": "member", "name": "Hanako"}],
    }
    event = {
        "id": f"evt_{number}",
        "type": "message.direct.created",
        "timestamp": moment,
        "schema": 1,
        "data": data,
    }
    return Dm(number, event)


def single(dm: Dm, *, secret: str, path: str = EVENTS) -> bytes:
    """Return the request that carries one event."""
    body = {name: value for name, value in dm.event.items() if name != "id"}
    return signed(f"evt_{dm.number}", json.dumps(body).encode(), secret=secret, path=path)


def batch(dms: Sequence[Dm], *, secret: str) -> bytes:
    """Return the request that carries many events, each with its id inside."""
    body = json.dumps({"events": [_with_its_id(dm) for dm in dms]}).encode()
    return signed(f"batch_{dms[0].number}", body, secret=secret, path=BATCHES)


def _with_its_id(dm: Dm) -> dict[str, object]:
    event = {name: value for name, value in dm.event.items() if name != "id"}
    return {**event, "data": {**dm.data, "event_id": dm.event["id"]}}


def signed(identifier: str, body: bytes, *, secret: str, path: str) -> bytes:
    """Return a whole HTTP request with a Standard Webhooks signature over ``body``."""
    moment = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join((identifier.encode(), moment.encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"webhook-id: {identifier}\r\nwebhook-timestamp: {moment}\r\n"
        f"webhook-signature: v1,{signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(
    url: str,
    requests: Sequence[bytes],
    *,
    connections: int = 16,
    per_second: float = 0.0,
) -> Sending:
    """Send the requests over kept connections, as fast as they are answered or evenly paced."""
    return asyncio.run(_send(url, requests, connections, per_second))


async def _send(
    url: str, requests: Sequence[bytes], connections: int, per_second: float
) -> Sending:
    done = Sending(left_at=[0.0] * len(requests), answered_at=[0.0] * len(requests))
    turns, started = iter(enumerate(requests)), time.monotonic()

    async def work() -> None:
        host = urlsplit(url)
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        for index, request in turns:
            if per_second:
                await _until(started + index / per_second)
            done.left_at[index] = time.monotonic()
            writer.write(request)
            status = await _answer(reader)
            done.answered_at[index] = time.monotonic()
            done.statuses[status] = done.statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(work() for _ in range(min(connections, len(requests)))))
    done.seconds = time.monotonic() - started
    return done


async def _until(moment: float) -> None:
    wait = moment - time.monotonic()
    if wait > 0:
        await asyncio.sleep(wait)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            length = int(line[15:])
    await reader.readexactly(length)
    return int(head[9:12])
