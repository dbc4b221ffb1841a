"""Rate states: how much of its allowance an app, a page or a business has used."""

import json
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from sandbox.workplace.errors import GraphError

FULL = 100
KINDS = {
    "app": ("X-App-Usage", 4, "(#4) Application request limit reached"),
    "page": ("X-Page-Usage", 32, "(#32) Page request limit reached"),
    "business": (
        "X-Business-Use-Case-Usage",
        80006,
        "(#80006) There have been too many messages sent from this account. Wait a bit.",
    ),
}


@dataclass
class Usage:
    """One allowance. Its level is set by hand, or counted where `calls` per `seconds` are given.

    `page_id` limits it to one install; else it counts for all. From `shown_from` percent on the
    platform's headers tell the level, and at 100 every call is refused.
    """

    kind: str = "app"
    page_id: str = ""
    level: int = 0
    calls: int = 0
    seconds: float = 3600.0
    regain_minutes: int = 0
    shown_from: int = 1
    _moments: deque[float] = field(default_factory=deque, repr=False)

    def count(self, now: float) -> int:
        """Count a call and return the level in percent as it was before the call."""
        if not self.calls:
            return self.level
        while self._moments and self._moments[0] <= now - self.seconds:
            self._moments.popleft()
        level = FULL * len(self._moments) // self.calls
        if level < FULL:
            self._moments.append(now)
        return level

    def header(self, page_id: str, level: int) -> tuple[str, str]:
        """Return the header that tells the level: name and JSON text."""
        numbers: dict[str, Any] = dict.fromkeys(
            ("call_count", "total_cputime", "total_time"), level
        )
        if self.kind == "business":
            numbers |= {
                "type": "messenger",
                "estimated_time_to_regain_access": self.regain_minutes,
            }
            return KINDS[self.kind][0], json.dumps({page_id: [numbers]})
        return KINDS[self.kind][0], json.dumps(numbers)

    def refusal(self, headers: dict[str, str]) -> GraphError:
        """Return the refusal of a call above the allowance."""
        _, code, message = KINDS[self.kind]
        return GraphError(code, message, is_transient=True, headers=headers)

    def shown(self) -> dict[str, Any]:
        """Return the allowance for the control API."""
        values = asdict(self)
        del values["_moments"]
        return values


class Usages:
    """All allowances in force."""

    def __init__(self) -> None:
        """Start without any: nothing is limited."""
        self.entries: list[Usage] = []

    def spend(self, page_id: str, now: float) -> dict[str, str]:
        """Count a call; return the headers to answer with, or raise the refusal with them."""
        headers: dict[str, str] = {}
        spent: Usage | None = None
        for usage in self.entries:
            if usage.page_id in ("", page_id):
                level = usage.count(now)
                if level >= usage.shown_from:
                    name, value = usage.header(page_id, level)
                    headers[name] = value
                if level >= FULL:
                    spent = spent or usage
        if spent is not None:
            raise spent.refusal(headers)
        return headers


USAGES: web.AppKey[Usages] = web.AppKey("usages", Usages)
