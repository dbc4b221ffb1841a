"""Takes one call through authentication, allowances, faults and its endpoint, in this order."""

import asyncio
from typing import Any

from sandbox.workplace import endpoints, graph, magic, parameters, send
from sandbox.workplace.authentication import authenticate
from sandbox.workplace.call import Call
from sandbox.workplace.calls import shown
from sandbox.workplace.errors import GraphError
from sandbox.workplace.faults import DELAYS, Fault, Faults
from sandbox.workplace.replies import Reply
from sandbox.workplace.usage import Usages

NOT_ACCEPTED = {"recipient_id": "0", "message_id": "0"}
NESTED = frozenset({"recipient", "message"})
SENT = NESTED | {"messaging_type", "sender_action", "tag"}


class Pipeline:
    """The order of checks on a call."""

    def __init__(self, faults: Faults, usages: Usages) -> None:
        """Use the faults and allowances in force."""
        self._faults = faults
        self._usages = usages

    async def answer(self, call: Call) -> Reply:
        """Return the reply; a refusal is a reply too."""
        headers: dict[str, str] = {}
        try:
            authenticate(call)
            _note_parameters(call)
            now = call.world.clock.now()
            headers = self._usages.spend(call.record.page_id or "", now)
            reply = await self._through_faults(call)
        except GraphError as error:
            call.record.error_code = error.code
            reply = graph.refused(call, error)
        reply.headers.update(headers)
        return reply

    async def _through_faults(self, call: Call) -> Reply:
        met = self._met(call)
        call.record.fault = ",".join(fault.kind for fault in met) or None
        await _delay(met, "before")
        outcome = next((fault for fault in met if fault.kind not in DELAYS), None)
        if outcome is None:
            reply = await _endpoint(call)
        elif outcome.accepts:
            reply = outcome.spoil(await _endpoint(call))
        else:
            reply = outcome.spoil(Reply.of(NOT_ACCEPTED))
        await _delay(met, "after")
        return reply

    def _met(self, call: Call) -> list[Fault]:
        name = endpoints.name(call)
        member = send.recipient_of(call) if _is_send(call) else None
        met = self._faults.met_by(name, call.record.page_id, member)
        own = magic.fault_of(member)
        return met if own is None or met else [own]


async def _endpoint(call: Call) -> Reply:
    try:
        return await endpoints.handler(call)(call)
    except GraphError as error:
        call.record.error_code = error.code
        return graph.refused(call, error)


async def _delay(met: list[Fault], when: str) -> None:
    seconds = sum(f.delay() for f in met if f.kind in DELAYS and f.when == when)
    if seconds > 0:
        await asyncio.sleep(seconds)


def _is_send(call: Call) -> bool:
    return call.method == "POST" and endpoints.name(call) == "me/messages"


def _note_parameters(call: Call) -> None:
    """Put into the call's record what it asked for; secrets stay out."""
    if not _is_send(call):
        call.record.query = shown(call.params)
        return
    call.record.body = {
        name: _read(call, name)
        for name, value in call.params.items()
        if name in SENT and not isinstance(value, parameters.Upload)
    }
    call.record.recipient = call.record.body.get("recipient")


def _read(call: Call, name: str) -> Any:
    if name not in NESTED:
        return call.params[name]
    try:
        return parameters.structure(call.params, name)
    except GraphError:
        return call.params[name]
