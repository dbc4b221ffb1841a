"""Lists with paging: a community's members, former members, and a bot's group chats."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from sandbox.workplace import nodes, selection, threads
from sandbox.workplace.call import Call
from sandbox.workplace.errors import bad_parameter
from sandbox.workplace.records import Member
from sandbox.workplace.replies import Reply

DEFAULT_SIZE, LARGEST_SIZE = 25, 5000


async def members(call: Call) -> Reply:
    """Answer `GET /community/members`: who is active."""
    return _members(call, lambda member: member.deactivated_at is None)


async def former_members(call: Call) -> Reply:
    """Answer `GET /community/former_members`: who was deactivated."""
    return _members(call, lambda member: member.deactivated_at is not None)


async def organization_members(call: Call) -> Reply:
    """Answer `GET /community/organization_members`; `inactive=1` shows the deactivated."""
    inactive = str(call.params.get("inactive", "")).lower() in ("1", "true")
    return _members(call, lambda member: (member.deactivated_at is not None) == inactive)


async def bot_threads(call: Call) -> Reply:
    """Answer `GET /me/threads`: the group chats the bot is in."""
    mine = [
        thread
        for thread in call.world.threads.values()
        if thread.install is call.install and thread.is_group
    ]
    fields = selection.wanted(call.params, "id")
    return page(call, [nodes.pick(threads.describe(call, thread), fields) for thread in mine])


def page(call: Call, rows: list[dict[str, Any]]) -> Reply:
    """Return one page of a list, with cursors and the addresses of its neighbours."""
    size = _size(call)
    start = _start(call, size, len(rows))
    shown = rows[start : start + size]
    answer: dict[str, Any] = {"data": shown}
    if shown:
        first, last = _cursor(start), _cursor(start + len(shown) - 1)
        answer["paging"] = {"cursors": {"before": first, "after": last}}
        if start + len(shown) < len(rows):
            answer["paging"]["next"] = _address(call, after=last)
        if start > 0:
            answer["paging"]["previous"] = _address(call, before=first)
    return Reply.of(answer)


def _members(call: Call, wanted: Callable[[Member], bool]) -> Reply:
    nodes.require_community(call)
    fields = selection.wanted(call.params, nodes.DEFAULT_FIELDS)
    install = call.install
    people = [m for m in install.community.members if wanted(m) and install.sees(m)]
    return page(call, [nodes.member_fields(call, member, fields) for member in people])


def _size(call: Call) -> int:
    given = str(call.params.get("limit", DEFAULT_SIZE))
    if not given.isascii() or not given.isdecimal() or int(given[:9]) < 1:
        raise bad_parameter("param limit must be a positive number.")
    return min(int(given[:9]), LARGEST_SIZE)


def _start(call: Call, size: int, length: int) -> int:
    if after := call.params.get("after"):
        return min(_position(after) + 1, length)
    if before := call.params.get("before"):
        return max(0, min(_position(before), length) - size)
    return 0


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"row{position}".encode()).decode()


def _position(cursor: Any) -> int:
    try:
        text = base64.urlsafe_b64decode(str(cursor)).decode()
        return int(text.removeprefix("row")[:9])
    except ValueError:
        raise bad_parameter("Invalid cursors values. Please use a cursor of the answer.") from None


def _address(call: Call, **cursor: str) -> str:
    kept = {name: str(value) for name, value in call.params.items() if name in ("fields", "limit")}
    return f"{call.base_url}/{call.path}?{urlencode(kept | cursor)}"
