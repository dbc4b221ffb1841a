"""The part of the control API that concerns the sandbox as a whole."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from sandbox import memory
from sandbox.pages import Handler
from sandbox.state import STATE

# The last moment of the year 9999, in seconds since 1970.
LATEST = 253_402_300_799
DIGITS = re.compile(r"[0-9]{1,18}")


class ControlError(Exception):
    """A control request that cannot be carried out; its text says what was wrong."""


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a ControlError into 400 with `{"error": "…"}`."""
    try:
        return await handler(request)
    except ControlError as error:
        return web.json_response({"error": str(error)}, status=400)


async def read_object(request: web.Request) -> dict[str, Any]:
    """Read the request's JSON object; an empty body is an empty object."""
    body = await request.read()
    try:
        value = json.loads(body, parse_constant=_finite, parse_float=_finite) if body else {}
    except (ValueError, RecursionError):
        raise ControlError("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise ControlError("The body must be a JSON object.")
    return value


def _finite(text: str) -> float:
    """Read a number of a body; Python would take `NaN` and `1e999`, which JSON does not know."""
    value = float(text)
    if not math.isfinite(value):
        raise ControlError(f"{text} is not a number here.")
    return value


def number(values: dict[str, Any], name: str, default: float | None = None) -> float:
    """Return `values[name]` as a number; without a default it must be there."""
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ControlError(f"{name} must be a number.")
    return float(value)


def whole(given: str, name: str) -> int:
    """Return a number of an address: up to 18 ASCII digits."""
    if not DIGITS.fullmatch(given):
        raise ControlError(f"{name} must be a whole number of at most 18 digits.")
    return int(given)


def text(values: dict[str, Any], name: str, default: str | None = None) -> str:
    """Return `values[name]` as text; without a default it must be there and not be empty."""
    value = values.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise ControlError(f"{name} must be text and not empty.")
    if not value.isprintable() and value != value.encode(errors="replace").decode():
        raise ControlError(f"{name} has half a character in it.")
    return value


def listed(rows: Iterable[dict[str, Any]]) -> web.Response:
    """Answer `{"data": [row, …]}`, row by row: a long list never stands in memory as objects."""
    body = bytearray(b'{"data": [')
    for number, row in enumerate(rows):
        body += b", " * (number > 0) + json.dumps(row).encode()
    body += b"]}"
    return web.Response(body=body, content_type="application/json")


async def reset(request: web.Request) -> web.Response:
    """Answer `POST /control/reset`: forget everything."""
    request.app[STATE].reset()
    return web.json_response({"reset": True})


async def move_clock(request: web.Request) -> web.Response:
    """Answer `POST /control/clock` with `{"advance_seconds": 300}` or `{"reset": true}`."""
    clock = request.app[STATE].clock
    values = await read_object(request)
    if values.get("reset") is True:
        clock.reset()
    else:
        seconds = number(values, "advance_seconds")
        if not 0 <= clock.now() + seconds <= LATEST:
            raise ControlError("advance_seconds leads out of the years 1970 to 9999.")
        clock.advance(seconds)
    return web.json_response({"now": clock.iso(), "offset_seconds": clock.offset_seconds})


async def set_relay(request: web.Request) -> web.Response:
    """Answer `PUT /control/relay` with `{"base_url": "http://127.0.0.1:8000"}`."""
    base_url = text(await read_object(request), "base_url").rstrip("/")
    if not base_url.startswith(("http://", "https://")):
        raise ControlError("base_url must start with http:// or https://.")
    request.app[STATE].relay_url = base_url
    return web.json_response({"base_url": base_url})


async def health(request: web.Request) -> web.Response:
    """Answer `GET /control/health`: addresses, clock and the memory used at most, in MiB."""
    state = request.app[STATE]
    return web.json_response(
        {
            "status": "ok",
            "graph": state.graph_url,
            "web": state.web_url,
            "relay": state.relay_url,
            "now": state.clock.iso(),
            "peak_memory_mib": round(memory.peak_bytes() / 2**20, 1),
        }
    )


def setup(app: web.Application) -> None:
    """Add the routes under `/control/`."""
    app.router.add_post("/control/reset", reset)
    app.router.add_post("/control/clock", move_clock)
    app.router.add_put("/control/relay", set_relay)
    app.router.add_get("/control/health", health)
