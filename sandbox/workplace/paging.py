"""Pages of a list: how long, from where, with cursors and the addresses of the neighbours."""

import base64
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.workplace.call import Call
from sandbox.workplace.errors import bad_parameter
from sandbox.workplace.parameters import Upload
from sandbox.workplace.replies import Reply

DEFAULT_SIZE, LARGEST_SIZE = 25, 5000
CURSORS = frozenset({"after", "before"})
POSITION = re.compile(r"row([0-9]{1,9})")
SECRETS = frozenset({"access_token", "appsecret_proof", "appsecret_time"})


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
        found = POSITION.fullmatch(base64.urlsafe_b64decode(str(cursor)).decode())
    except ValueError:
        found = None
    if found is None:
        raise bad_parameter("Invalid cursors values. Please use a cursor of the answer.")
    return int(found[1])


def _address(call: Call, **cursor: str) -> str:
    """Return the address of a neighbour: with all that the caller asked for, but another cursor."""
    dropped = SECRETS if call.world.behaviour.paging_secrets == "left_out" else frozenset()
    kept = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in call.params.items()
        if name not in dropped | CURSORS and not isinstance(value, Upload)
    }
    return f"{call.base_url}/{quote(call.path)}?{urlencode(kept | cursor)}"
