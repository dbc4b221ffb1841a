"""Error reports to Sentry, where an operator wants them: what the log says, and nothing else.

None of the SDK's integrations is on, and it never gets an exception, a request or a variable to
look at. A report is made of the same allow-listed parts as a log line.
"""

import logging
from collections.abc import Iterable
from typing import Any

import sentry_sdk

from config.observability.logging import describe

_LINE_PARTS = ("time", "level", "logger", "event", "exception", "at")
# Fields that may leave, whichever the SDK adds by itself.
_LEAVES = frozenset(
    {"event_id", "exception", "level", "logger", "message", "platform", "tags", "timestamp"}
)


def start_reports(dsn: str, **options: Any) -> None:
    """Send what is logged as an error to ``dsn``; ``options`` are for tests."""
    sentry_sdk.init(
        dsn=dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_breadcrumb=_nothing,
        before_send=_only_what_may_leave,
        before_send_transaction=_nothing,
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
        **options,
    )


def _nothing(_event: Any, _hint: Any) -> None:
    """Send none of these."""


def _only_what_may_leave(event: Any, _hint: Any) -> Any:
    return {name: value for name, value in event.items() if name in _LEAVES}


class Reports(logging.Handler):
    """Makes a report of each record it gets."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send the report; what goes wrong with that is no reason to stop."""
        if record.name.startswith(("sentry_sdk", "urllib3")):
            return
        sentry_sdk.capture_event(report_of(record))


def report_of(record: logging.LogRecord) -> Any:
    """Return a record as an event of Sentry's."""
    line = describe(record)
    return {
        "level": line["level"],
        "logger": line["logger"],
        "message": line["event"],
        "tags": {name: str(value) for name, value in line.items() if name not in _LINE_PARTS},
        # Sentry wants the cause first.
        "exception": {"values": [_exception(part) for part in reversed(line.get("exception", []))]},
    }


def _exception(part: dict[str, Any]) -> dict[str, Any]:
    module, _, name = part["type"].rpartition(".")
    return {"type": name, "module": module, "stacktrace": {"frames": list(_frames(part["at"]))}}


def _frames(places: Iterable[str]) -> Iterable[dict[str, Any]]:
    for place in places:
        where, _, function = place.partition(" ")
        filename, _, line = where.rpartition(":")
        yield {"filename": filename, "lineno": int(line), "function": function}
