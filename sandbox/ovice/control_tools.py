"""The control API's tools: settings, hostile requests, forged tokens, repeats and callbacks."""

import asyncio
import base64
import binascii
import json
import time
import uuid
from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object
from sandbox.ovice import signing
from sandbox.ovice.connector import CALLBACKS
from sandbox.ovice.control import PREFIX
from sandbox.ovice.control_messages import read_after
from sandbox.ovice.outbox import OUTBOX, Attempt
from sandbox.ovice.reading import FILLED, FLAG, NUMBER, OBJECT, TEXT, TEXTS, Kind, checked, one_of
from sandbox.ovice.sender import EVENTS_PATH, SENDER
from sandbox.ovice.settings import new_secret
from sandbox.ovice.world import OVICE

SETTINGS = {
    "event_secrets": TEXTS,
    "callback_secret": FILLED,
    "connector_key": FILLED,
    "launch_secret": FILLED,
    "issuer": FILLED,
    "ovice_url": FILLED,
    "return_url": FILLED,
    "retry_scale": NUMBER,
    "endpoint_enabled": FLAG,
    "filter_at_source": FLAG,
}
SIGNINGS = (True, False, "stale", "wrong")
RAW = {
    "body": Kind("text or JSON", lambda value: value is not None),
    "body_base64": TEXT,
    "headers": OBJECT,
    "path": FILLED,
    "event_id": FILLED,
    "sign": Kind("true, false, stale or wrong", lambda value: value in SIGNINGS),
}
RESEND = {"event_id": FILLED, "times": NUMBER, "how": one_of(("at_once", "in_turn"))}
STALE_SECONDS = 3600
MOST_TIMES = 500


async def change_settings(request: web.Request) -> web.Response:
    """Answer `GET` and `PATCH …/settings`: secrets and behaviour, until the next reset."""
    settings = request.app[OVICE].settings
    values = checked(await read_object(request), SETTINGS)
    for secret in (*values.get("event_secrets", []), values.get("callback_secret", new_secret())):
        try:
            signing.decode_secret(secret)
        except ValueError as error:
            raise ControlError(str(error)) from None
    for name, value in values.items():
        setattr(settings, name, value)
    return web.json_response(asdict(settings))


async def send_raw(request: web.Request) -> web.Response:
    """Answer `POST …/raw` with `{"body" | "body_base64", "headers"?, "sign"?, "path"?}`.

    One request, no repeats. `sign` is true, false, "stale" (an hour old) or "wrong" (other key);
    `headers` are added last, so they can replace any.
    """
    values = checked(await read_object(request), RAW)
    body = _raw_body(values)
    settings = request.app[OVICE].settings
    event_id = values.get("event_id", f"evt_{uuid.uuid4().hex}")
    how = values.get("sign", True)
    timestamp = int(time.time()) - (STALE_SECONDS if how == "stale" else 0)
    secrets = [new_secret()] if how == "wrong" else settings.event_secrets
    signed = signing.headers(secrets, event_id, timestamp, body) if how is not False else {}
    headers = {name.lower(): str(value) for name, value in values.get("headers", {}).items()}
    attempt = Attempt(0, event_id, "raw", "", None, 1, time.time(), timestamp)
    path = values.get("path", EVENTS_PATH)
    try:
        await request.app[SENDER].post(body, signed | headers, attempt, path=path)
    except ValueError:
        raise ControlError("A header is malformed.") from None
    return web.json_response(attempt.shown())


def _raw_body(values: dict[str, Any]) -> bytes:
    if "body_base64" in values:
        try:
            return base64.b64decode(values["body_base64"], validate=True)
        except binascii.Error:
            raise ControlError("body_base64 is not base64.") from None
    body = values.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


async def resend(request: web.Request) -> web.Response:
    """Answer `POST …/resend` with `{"event_id", "times"?, "how"?}`: the same event again.

    The answers are returned in the order of the requests; `how` is at_once or in_turn.
    """
    values = checked(await read_object(request), RESEND, required=["event_id"])
    event = request.app[OUTBOX].find(values["event_id"])
    times = int(values.get("times", 1))
    if event is None:
        raise ControlError(f"There is no event {values['event_id']!r}.")
    if not 0 < times <= MOST_TIMES:
        raise ControlError(f"times must be between 1 and {MOST_TIMES}.")
    first, sender = len(event.attempts), request.app[SENDER]
    if values.get("how") == "in_turn":
        for _ in range(times):
            await sender.attempt(event)
    else:
        await asyncio.gather(*(sender.attempt(event) for _ in range(times)))
    return web.json_response({"data": [a.shown() for a in event.attempts[first:]]})


async def list_callbacks(request: web.Request) -> web.Response:
    """Answer `GET …/callbacks?after=N`: what the relay told ovice, oldest first."""
    return web.json_response({"data": request.app[CALLBACKS].after(read_after(request))})


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get(f"{PREFIX}/settings", change_settings)
    router.add_patch(f"{PREFIX}/settings", change_settings)
    router.add_post(f"{PREFIX}/raw", send_raw)
    router.add_post(f"{PREFIX}/resend", resend)
    router.add_get(f"{PREFIX}/callbacks", list_callbacks)
