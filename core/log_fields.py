"""The fields that a log line, an error report or a trace may have, and what each may look like.

A field that is not listed, or whose value does not have its shape, is left out and counted. No
shape takes free text or an address: ids are ours, words are from our own tables.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from core.metrics import WITHHELD_FIELDS

Shape = Callable[[object], object]


class _OutOfShape(Exception):
    """The value may not be shown."""


def _id(value: object) -> str:
    try:
        return str(value if isinstance(value, UUID) else UUID(str(value)))
    except ValueError:
        raise _OutOfShape from None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _OutOfShape
    return value


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise _OutOfShape
    return value.isoformat(timespec="seconds")


def _like(pattern: str) -> Shape:
    shape = re.compile(pattern)

    def fitting(value: object) -> str:
        text = str(value)
        if not shape.fullmatch(text):
            raise _OutOfShape
        return text

    return fitting


_word = _like(r"[a-z][a-z0-9_.-]{0,63}")
# A platform's own numbers, a status, one of our words, or the name of an exception's class.
_code = _like(r"-?\d{1,10}(/-?\d{1,10})?|http/\d{3}|[a-z][a-z_]{0,31}|[A-Z][A-Za-z]{2,31}")

SHAPES: Mapping[str, Shape] = {
    # whose, and what of ours
    "organization": _id,
    "installation": _id,
    "member": _id,
    "link": _id,
    "message": _id,
    "delivery": _id,
    "removal": _id,
    "incident": _id,
    "callback": _id,
    "conversation": _id,
    "mail": _id,
    # what it belongs to
    "request": _id,
    "task_id": _id,
    "task": _word,
    "route": _word,
    "method": _like(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"),
    # how it ended
    "state": _word,
    "outcome": _word,
    "reason": _word,
    "call": _word,
    "target": _word,
    "trouble": _word,
    "kind": _word,
    "field": _word,
    "why": _word,
    "code": _code,
    "error": _like(r"[A-Za-z_]{2,64}"),
    # a platform's own id of a call, checked where it is read
    "trace": _like(r"[A-Za-z0-9_-]{1,32}"),
    # where our own database listens
    "database": _like(r"postgres at (\[[0-9a-f:.]+\]|[A-Za-z0-9._/-]{1,253}):\d{1,5}"),
    # ovice's id of an event
    "event_id": _like(r"evt_[A-Za-z0-9_-]{1,60}"),
    "until": _moment,
    "due_at": _moment,
    **dict.fromkeys(
        (
            "status",
            "ms",
            "tries",
            "lane",
            "woken",
            "expired",
            "cancelled",
            "members",
            "added",
            "changed",
            "removed",
            "unreadable",
            "leaving",
            "present",
            "made",
            "dropped",
        ),
        _number,
    ),
}


def known(fields: Mapping[str, object]) -> dict[str, object]:
    """Return those of ``fields`` that may be shown, in their order; count the others."""
    shown = {}
    for name, value in fields.items():
        if value is None or value == "":
            continue
        try:
            shown[name] = SHAPES[name](value)
        except (KeyError, _OutOfShape):
            WITHHELD_FIELDS.inc()
    return shown
