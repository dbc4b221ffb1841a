"""The control API's messages: DMs, chat lines, and the log of what was sent."""

import json
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object, whole
from sandbox.ovice.arrivals import Arrivals
from sandbox.ovice.control import PREFIX
from sandbox.ovice.desk import DESK, Draft
from sandbox.ovice.lookup import any_space, person_of
from sandbox.ovice.outbox import OUTBOX, OutgoingEvent
from sandbox.ovice.reading import ANY_TEXT, FILLED, OBJECTS, TEXTS, checked, one_of
from sandbox.ovice.records import ChatMessage, Mention
from sandbox.ovice.world import OVICE

SCOPES = ("user", "users", "all", "here", "openspace", "role", "room", "group", "none")
DM = {
    "organization": FILLED,
    "space": FILLED,
    "sender": FILLED,
    "recipient": FILLED,
    "recipients": TEXTS,
    "scope": one_of(SCOPES),
    "text": ANY_TEXT,
    "text_format": one_of(("plain", "html")),
    "attachments": OBJECTS,
    "sent_at": FILLED,
    "message_id": FILLED,
    "event_id": FILLED,
}
CHAT = {"space": FILLED, "sender": FILLED, "text": FILLED}
GIVEN = ("text_format", "attachments", "sent_at", "message_id", "event_id")


def describe(message: ChatMessage) -> dict[str, Any]:
    """Return a written message, and what the relay answered if it was sent there."""
    mention = message.mention
    sent = message.event.shown() if message.event else {"event_id": None, "status": None}
    return {
        **sent,
        "message_id": message.message_id,
        "scope": mention.scope,
        "handles": mention.handles,
        "recipients": [person.person_id for person in mention.recipients],
    }


async def send_dm(request: web.Request) -> web.Response:
    """Answer `POST …/dm` with `{"space", "sender", "recipient", "text", …}`.

    `recipients` (ids) and `scope` stand in for `recipient` to send what ovice would filter out.
    The answer comes after the relay's first: `status` is its HTTP status.
    """
    values = checked(await read_object(request), DM, required=["space", "sender", "text"])
    space = any_space(request.app[OVICE], values["space"])
    organization = space.organization
    if values.get("organization", organization.organization_id) != organization.organization_id:
        raise ControlError("The space is not in that organization.")
    named = values.get("recipients", [values[n] for n in ("recipient",) if n in values])
    recipients = [person_of(organization, person_id) for person_id in named]
    mention = Mention(
        values.get("scope", "user" if len(recipients) == 1 else "users"),
        [f"@{person.name}" for person in recipients],
        recipients,
    )
    draft = Draft(space, person_of(organization, values["sender"]), values["text"], mention)
    given = {name: values[name] for name in GIVEN if name in values}
    message = await request.app[DESK].write(replace(draft, **given))
    return web.json_response(describe(message), status=201)


async def say(request: web.Request) -> web.Response:
    """Answer `POST …/chat` with `{"space", "sender", "text"}`, as if typed in the chat pane."""
    values = checked(await read_object(request), CHAT, required=CHAT)
    space = any_space(request.app[OVICE], values["space"])
    sender = person_of(space.organization, values["sender"])
    message = await request.app[DESK].say(space, sender, values["text"])
    return web.json_response(describe(message), status=201)


async def edit_message(request: web.Request) -> web.Response:
    """Answer `PATCH …/spaces/{id}/messages/{id}` with `{"text"}`; the relay is told."""
    message = _message_in(request)
    values = checked(await read_object(request), {"text": FILLED}, required=["text"])
    event = await request.app[DESK].edit(message, values["text"])
    return web.json_response(event.shown())


async def delete_message(request: web.Request) -> web.Response:
    """Answer `DELETE …/spaces/{id}/messages/{id}`: gone from the chat, and the relay is told."""
    event = await request.app[DESK].erase(_message_in(request))
    return web.json_response(event.shown())


def _message_in(request: web.Request) -> ChatMessage:
    space = any_space(request.app[OVICE], request.match_info["space"])
    wanted = request.match_info["message"]
    for message in space.chat:
        if message.message_id == wanted:
            return message
    raise ControlError(f"This space has no message {wanted!r}.")


async def list_events(request: web.Request) -> web.Response:
    """Answer `GET …/events?after=N`: every attempt after the N-th, in order, with its answer.

    The outcome of the whole event is known of the latest thousand.
    """
    after, outbox = read_after(request), request.app[OUTBOX]
    arrivals = Arrivals.of(request)
    # Written row by row: the log may be long, and the sandbox stays small.
    rows = (
        json.dumps(attempt.shown() | _known(outbox.find(attempt.event_id), arrivals))
        for attempt in outbox.attempts
        if attempt.number > after
    )
    return web.Response(text=f'{{"data": [{", ".join(rows)}]}}', content_type="application/json")


def _known(event: OutgoingEvent | None, arrivals: Arrivals) -> dict[str, Any]:
    if event is None:
        return {"state": None, "in_work_chat_after_seconds": None}
    return {
        "state": event.state,
        "in_work_chat_after_seconds": arrivals.seconds_after(event),
    }


def read_after(request: web.Request) -> int:
    """Return the number that `?after=` gives, or 0."""
    return whole(request.query.get("after", "0"), "after")


def setup(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post(f"{PREFIX}/dm", send_dm)
    app.router.add_post(f"{PREFIX}/chat", say)
    message = f"{PREFIX}/spaces/{{space}}/messages/{{message}}"
    app.router.add_patch(message, edit_message)
    app.router.add_delete(message, delete_message)
    app.router.add_get(f"{PREFIX}/events", list_events)
