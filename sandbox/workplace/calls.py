"""The list of every call received, in order, without secrets."""

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

SECRET_PARAMETERS = frozenset(
    {
        "access_token",
        "appsecret_proof",
        "appsecret_time",
        "batch",
        "client_secret",
        "code",
        "input_token",
        "verify_token",
    }
)


@dataclass(slots=True)
class CallRecord:
    """One call: `status` stays null until it is answered, and 0 means it never was."""

    number: int
    received_at: float
    received_monotonic: float
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    app_id: str | None = None
    page_id: str | None = None
    token: str | None = None
    recipient: Any = None
    body: dict[str, Any] | None = None
    fault: str | None = None
    status: int | None = None
    error_code: int | None = None
    accepted: bool = False
    message_id: str | None = None
    answered_after_seconds: float | None = None

    def answered(self, status: int) -> None:
        """Note the end of the call."""
        self.status = status
        self.answered_after_seconds = round(time.monotonic() - self.received_monotonic, 6)


class Calls:
    """Remembers the last calls."""

    def __init__(self, keep: int) -> None:
        """Remember up to `keep` calls."""
        self._records: deque[CallRecord] = deque(maxlen=keep)
        self._last_number = 0

    def open(self, method: str, path: str, now: float) -> CallRecord:
        """Note a call that has just come in."""
        self._last_number += 1
        record = CallRecord(self._last_number, now, time.monotonic(), method, path)
        self._records.append(record)
        return record

    def after(self, number: int) -> Iterator[dict[str, Any]]:
        """Give the calls that came after the given one, oldest first."""
        return (asdict(record) for record in self._records if record.number > number)

    def clear(self) -> None:
        """Forget the calls; numbering goes on, so that no number ever means two calls."""
        self._records.clear()


def shown(params: dict[str, Any]) -> dict[str, str]:
    """Return the parameters that are no secrets, as text."""
    return {
        key: value if isinstance(value, str) else json.dumps(value, default=str)
        for key, value in params.items()
        if key not in SECRET_PARAMETERS
    }


CALLS: web.AppKey[Calls] = web.AppKey("calls", Calls)
