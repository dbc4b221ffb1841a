"""The control API's traffic: calls received, messages, faults, allowances and behaviour."""

import re
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, get_args, get_type_hints

from aiohttp import web

from sandbox.control import ControlError, listed, number, read_object, text, whole
from sandbox.workplace.calls import CALLS
from sandbox.workplace.control import PREFIX, member_of
from sandbox.workplace.faults import DELAYS, DISTRIBUTIONS, FAULTS, OUTCOMES, Fault
from sandbox.workplace.records import Message
from sandbox.workplace.usage import KINDS, USAGES, Usage
from sandbox.workplace.world import WORLD, Behaviour, World

NUMBERS = (0, 10**9)
LIMITS = {
    "status": (200, 599),
    "invalid_token_status": (400, 599),
    "unknown_email_status": (400, 599),
    "seconds": (0, 86_400),
    "batch": (1, 1000),
    "duplicates": (0, 100),
    "seed": (-(10**18), 10**18),
    "community_id_digits": (10, 30),
}
HEADER = re.compile(r"[!#-'*+.^_`|~0-9A-Za-z-]+: [ -~]*")
NOT_SETTABLE = frozenset({"fault_id", "met", "_random", "_moments"})


async def list_calls(request: web.Request) -> web.Response:
    """Answer `GET …/calls?after=N`: every call received after the N-th, in order."""
    return listed(request.app[CALLS].after(whole(request.query.get("after", "0"), "after")))


async def list_messages(request: web.Request) -> web.Response:
    """Answer `GET …/messages?member=`: what was written in a member's chats, or in all."""
    world = request.app[WORLD]
    member = member_of(world, request.query["member"]) if "member" in request.query else None
    return listed(
        describe_message(world, message)
        for message in world.messages
        if member is None or member in message.thread.members
    )


def describe_message(world: World, message: Message) -> dict[str, Any]:
    """Return a message as the control API shows it."""
    return {
        "message_id": message.message_id,
        "thread_id": message.thread.thread_id,
        "is_group": message.thread.is_group,
        "page_id": message.thread.install.page_id,
        "from": message.sender.member_id if message.sender else "bot",
        "members": [member.member_id for member in message.thread.members],
        "text": message.readable,
        "attachment": message.attachment,
        "quick_replies": message.quick_replies,
        "payload": message.payload,
        "is_postback": message.is_postback,
        "metadata": message.metadata,
        "created_at": message.created_at,
        "seen_by_bot": message.thread.seen_at >= message.created_at,
        "bot_is_typing": message.thread.typing_until > world.clock.now(),
    }


async def add_fault(request: web.Request) -> web.Response:
    """Answer `POST …/faults` with `{"kind", "calls"?, "share"?, "recipient"?, …}`."""
    values = await read_object(request)
    _choose(values, "kind", "", DELAYS | OUTCOMES)
    _choose(values, "distribution", "fixed", DISTRIBUTIONS)
    _choose(values, "when", "before", ("before", "after"))
    if not 0 <= number(values, "share", 1) <= 1:
        raise ControlError("share must be between 0 and 1.")
    fault = request.app[FAULTS].add(Fault(**checked(Fault, values)))
    return web.json_response(fault.shown(), status=201)


def _choose(values: dict[str, Any], name: str, default: str, known: Iterable[str]) -> None:
    if values.get(name, default) not in (choices := sorted(known)):
        raise ControlError(f"{name} must be one of {', '.join(choices)}.")


async def list_faults(request: web.Request) -> web.Response:
    """Answer `GET …/faults`."""
    return web.json_response({"data": request.app[FAULTS].all()})


async def remove_faults(request: web.Request) -> web.Response:
    """Answer `DELETE …/faults` and `DELETE …/faults/{id}`."""
    wanted = request.match_info.get("fault")
    removed = request.app[FAULTS].remove(None if wanted is None else whole(wanted, "fault"))
    return web.json_response({"removed": removed})


async def set_usage(request: web.Request) -> web.Response:
    """Answer `PUT …/usage` with `{"entries": [{"kind", "level"?, "calls"?, "seconds"?, …}]}`."""
    values = await read_object(request)
    entries = values.get("entries")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ControlError("entries must be a list of objects.")
    for entry in entries:
        _choose(entry, "kind", "app", KINDS)
    usages = [Usage(**checked(Usage, entry)) for entry in entries]
    request.app[USAGES].entries = usages
    return web.json_response({"entries": [usage.shown() for usage in usages]})


async def set_behaviour(request: web.Request) -> web.Response:
    """Answer `PUT …/behaviour`: choices where the real platform's answer is not known."""
    world, values = request.app[WORLD], await read_object(request)
    world.behaviour = Behaviour(**asdict(world.behaviour) | checked(Behaviour, values))
    return web.json_response(asdict(world.behaviour))


async def get_behaviour(request: web.Request) -> web.Response:
    """Answer `GET …/behaviour`."""
    return web.json_response(asdict(request.app[WORLD].behaviour))


def checked(record: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return values that fit a record's fields by name and type, or say which does not."""
    hints = get_type_hints(record)
    allowed = {item.name for item in fields(record)} - NOT_SETTABLE
    for name, value in values.items():
        if name not in allowed:
            raise ControlError(f"{text({'name': name}, 'name')} is not known here.")
        if not _fits(value, hints[name]):
            raise ControlError(f"{name} {_wanted(hints[name])}.")
        _check_limits(name, value)
    return values


def _check_limits(name: str, value: Any) -> None:
    least, most = LIMITS.get(name, NUMBERS)
    if isinstance(value, int | float) and not least <= value <= most:
        raise ControlError(f"{name} must be between {least} and {most}.")
    if isinstance(value, dict) and not all(map(HEADER.fullmatch, map(": ".join, value.items()))):
        raise ControlError(f"{name} must be names and values that HTTP can carry.")


def _wanted(hint: Any) -> str:
    choices = [choice for choice in get_args(hint) if isinstance(choice, str)]
    return f"must be {' or '.join(choices)}" if choices else "has the wrong type"


def _fits(value: Any, hint: Any) -> bool:
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (str, bool):
        return isinstance(value, hint)
    if hint == dict[str, str]:
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    if value is None:
        return type(None) in get_args(hint)
    return any(value == choice or _fits(value, choice) for choice in get_args(hint))


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get(f"{PREFIX}/calls", list_calls)
    router.add_get(f"{PREFIX}/messages", list_messages)
    router.add_get(f"{PREFIX}/faults", list_faults)
    router.add_post(f"{PREFIX}/faults", add_fault)
    router.add_delete(f"{PREFIX}/faults", remove_faults)
    router.add_delete(f"{PREFIX}/faults/{{fault}}", remove_faults)
    router.add_put(f"{PREFIX}/usage", set_usage)
    router.add_get(f"{PREFIX}/behaviour", get_behaviour)
    router.add_put(f"{PREFIX}/behaviour", set_behaviour)
