"""ovice's server side of the connector: the directory, the key set and our callbacks."""

import hmac
import re
import time
from collections import deque
from typing import Any

from aiohttp import web

from sandbox.ovice import events, signing
from sandbox.ovice.launching import LAUNCH_KEYS
from sandbox.ovice.outbox import read_answer
from sandbox.ovice.records import Organization
from sandbox.ovice.world import OVICE
from sandbox.state import STATE

DIRECTORY_PAGE = 100
NUMBER = re.compile(r"[0-9]{1,9}")


class Callbacks:
    """Callbacks that the relay sent to ovice, refused requests included, oldest first."""

    def __init__(self, keep: int) -> None:
        """Remember up to `keep` callbacks."""
        self._received: deque[dict[str, Any]] = deque(maxlen=keep)
        self._ids: set[str] = set()
        self._last_number = 0

    def note(self, **values: Any) -> None:
        """Remember one request; an id that was accepted before makes it a duplicate."""
        self._last_number += 1
        is_duplicate = values["event_id"] in self._ids
        if values["error"] is None:
            self._ids.add(values["event_id"])
        row = {"number": self._last_number, "duplicate": is_duplicate, **values}
        self._received.append(row)

    def after(self, number: int) -> list[dict[str, Any]]:
        """Return the callbacks after the given one."""
        return [row for row in self._received if row["number"] > number]

    def clear(self) -> None:
        """Forget the callbacks; numbering goes on."""
        self._received.clear()
        self._ids.clear()


async def directory(request: web.Request) -> web.Response:
    """Answer `GET /ovice/connector/v1/organizations/{org}/directory?cursor=&limit=`.

    Every page carries the generation it was read at; when that changes from page to page, the
    reader has to start anew.
    """
    ovice = request.app[OVICE]
    key = f"Bearer {ovice.settings.connector_key}"
    given = request.headers.get("Authorization", "").encode(errors="replace")
    if not hmac.compare_digest(given, key.encode()):
        return web.json_response({"error": "unauthorized"}, status=401)
    organization = ovice.organizations.get(request.match_info["organization"])
    if organization is None:
        return web.json_response({"error": "not found"}, status=404)
    start = request.query.get("cursor") or "0"
    limit = request.query.get("limit", str(DIRECTORY_PAGE))
    if not (NUMBER.fullmatch(start) and NUMBER.fullmatch(limit)) or not (
        0 < int(limit) <= DIRECTORY_PAGE
    ):
        return web.json_response({"error": "cursor or limit is malformed"}, status=400)
    url = ovice.settings.ovice_url
    return web.json_response(_directory_page(organization, int(start), int(limit), url))


def _directory_page(
    organization: Organization, start: int, limit: int, ovice_url: str
) -> dict[str, Any]:
    users = [person for person in organization.people.values() if person.is_organization_user]
    end = start + limit
    return {
        "organization": events.describe_organization(organization),
        "spaces": [
            events.describe_space(space, ovice_url) | {"status": "active"}
            for space in organization.spaces.values()
        ],
        "members": [events.describe_member(organization, person) for person in users[start:end]],
        "next_cursor": str(end) if end < len(users) else None,
        "generation": str(organization.generation),
    }


async def receive_callback(request: web.Request) -> web.Response:
    """Answer `POST /ovice/callback`: 202 for a well signed one, else 401."""
    state, body = request.app[STATE], await request.read()
    secret, error = request.app[OVICE].settings.callback_secret, None
    try:
        signing.verify(secret, request.headers, body, time.time())
    except signing.SignatureError as refusal:
        error = str(refusal)
    payload = read_answer(body)
    request.app[CALLBACKS].note(
        event_id=request.headers.get("webhook-id", ""),
        received_at=state.clock.now(),
        error=error,
        body=payload,
    )
    # A callback is a hint that something changed: open settings pages read the link anew.
    for organization_id in request.app[OVICE].organizations:
        state.live.publish(f"ovice:{organization_id}", {"kind": "callback"})
    return web.json_response(
        {"error": "unauthorized"} if error else {}, status=401 if error else 202
    )


async def jwks(request: web.Request) -> web.Response:
    """Answer `GET /ovice/.well-known/jwks.json`."""
    return web.json_response(request.app[LAUNCH_KEYS].jwks())


CALLBACKS: web.AppKey[Callbacks] = web.AppKey("callbacks", Callbacks)


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get("/ovice/connector/v1/organizations/{organization}/directory", directory)
    router.add_post("/ovice/callback", receive_callback)
    router.add_get("/ovice/.well-known/jwks.json", jwks)
