"""The Graph API's one entrance: the order of checks, then the endpoint."""

import asyncio
import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from sandbox.state import STATE
from sandbox.workplace import endpoints, ids, magic, parameters, replies, send
from sandbox.workplace.authentication import authenticate
from sandbox.workplace.call import Call
from sandbox.workplace.calls import CALLS, shown
from sandbox.workplace.errors import GraphError
from sandbox.workplace.faults import DELAYS, Fault, Faults
from sandbox.workplace.replies import Reply
from sandbox.workplace.usage import Usages
from sandbox.workplace.world import WORLD

VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")
DEFAULT_VERSION = "v13.0"
NOT_ACCEPTED = {"recipient_id": "0", "message_id": "0"}
SERVER_ERROR = 500


class Pipeline:
    """Takes one call through authentication, allowances, faults and its endpoint."""

    def __init__(self, faults: Faults, usages: Usages) -> None:
        """Use the faults and allowances in force."""
        self._faults = faults
        self._usages = usages

    async def answer(self, call: Call) -> Reply:
        """Return the reply; a refusal is a reply too."""
        headers: dict[str, str] = {}
        try:
            authenticate(call)
            now = call.world.clock.now()
            headers = self._usages.spend(call.record.page_id or "", now)
            reply = await self._through_faults(call)
        except GraphError as error:
            call.record.error_code = error.code
            reply = Reply.refused(error)
        reply.headers.update(headers)
        return reply

    async def _through_faults(self, call: Call) -> Reply:
        met = self._met(call)
        call.record.fault = ",".join(fault.kind for fault in met) or None
        await _delay(met, "before")
        outcome = next((fault for fault in met if fault.kind not in DELAYS), None)
        if outcome is None:
            reply = await self._endpoint(call)
        elif outcome.accepts:
            reply = outcome.spoil(await self._endpoint(call))
        else:
            reply = outcome.spoil(Reply.of(NOT_ACCEPTED))
        await _delay(met, "after")
        return reply

    async def _endpoint(self, call: Call) -> Reply:
        return await endpoints.handler(call)(call)

    def _met(self, call: Call) -> list[Fault]:
        name = endpoints.name(call)
        is_send = name == "me/messages" and call.method == "POST"
        member = send.recipient_of(call) if is_send else None
        met = self._faults.met_by(name, call.record.page_id, member)
        own = magic.fault_of(member)
        return met if own is None or met else [own]


async def _delay(met: list[Fault], when: str) -> None:
    seconds = sum(f.delay() for f in met if f.kind in DELAYS and f.when == when)
    if seconds > 0:
        await asyncio.sleep(seconds)


def open_call(request: web.Request) -> Call:
    """Note a call that has come in; its parameters are read later."""
    state = request.app[STATE]
    version, segments = _split(request.rel_url.raw_path)
    record = request.app[CALLS].open(request.method, "/".join(segments), state.clock.now())
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return Call(
        state=state,
        world=request.app[WORLD],
        record=record,
        method=request.method,
        segments=segments,
        params={},
        base_url=f"{state.graph_url}/{version}".rstrip("/"),
        bearer=token.strip() if scheme.lower() in ("bearer", "oauth") else "",
        version=version,
    )


def _split(raw_path: str) -> tuple[str, list[str]]:
    segments = [unquote(part) for part in raw_path.split("/") if part]
    if segments and VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return "", segments


def note_parameters(call: Call) -> None:
    """Put into the call's record what it asked for; secrets stay out."""
    if endpoints.name(call) != "me/messages":
        call.record.query = shown(call.params)
        return
    call.record.body = {name: _read(call, name) for name in call.params if name in BODY}
    call.record.recipient = call.record.body.get("recipient")


BODY = frozenset({"recipient", "message", "messaging_type", "sender_action", "tag"})


def _read(call: Call, name: str) -> Any:
    try:
        return parameters.structure(call.params, name)
    except GraphError:
        return call.params[name]


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer any Graph API call."""
    body = await request.read()
    call = open_call(request)
    call.extra["pipeline"] = pipeline = request.app[PIPELINE]
    try:
        call.params = parameters.read(request.rel_url.raw_query_string, request.content_type, body)
        note_parameters(call)
        reply = await pipeline.answer(call)
    except GraphError as error:
        call.record.error_code = error.code
        reply = Reply.refused(error)
    call.record.answered(reply.status)
    reply.headers.update(
        {
            "facebook-api-version": call.version or DEFAULT_VERSION,
            "x-fb-trace-id": ids.fbtrace_id(),
            "x-fb-request-id": ids.fbtrace_id(),
        }
    )
    return await replies.transmit(request, reply)


PIPELINE: web.AppKey[Pipeline] = web.AppKey("pipeline", Pipeline)
