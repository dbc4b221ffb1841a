"""Counters of the processes for the operator's dashboards; labels never name a customer.

Counts live in the process that counts. Figures that the database knows better are asked at the
scrape: see ``config.metrics.collector``. docs/monitoring.md lists every metric; a test compares.
"""

import os
from pathlib import Path
from typing import Protocol

from prometheus_client import Counter, Histogram

# Where several processes put their counts together; prometheus_client wants the folder to exist.
if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(folder).mkdir(parents=True, exist_ok=True)

# More values of one label than this are one: whoever chooses them must not fill our memory.
MOST_CODES = 100

EVENTS = Counter("kotozute_events_total", "Events of ovice's, by what became of them.", ["outcome"])
SKIPPED = Counter(
    "kotozute_skipped_messages_total", "Direct messages not relayed, by the reason.", ["reason"]
)
SENT_AFTER = Histogram(
    "kotozute_accept_to_sent_seconds",
    "From a message's acceptance to the target's answer that it has it.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
ENDED = Counter("kotozute_ended_deliveries_total", "Deliveries that ended, by how.", ["state"])
NOT_SENT = Counter(
    "kotozute_failed_calls_total",
    "Calls for a delivery that were not answered by success, by what the delivery is now.",
    ["state", "reason"],
)
HOLDS = Counter("kotozute_holds_total", "Times a connection had to keep still.", ["reason"])
ATTENTION = Counter(
    "kotozute_attention_total", "Times a connection stopped until its owner acts.", ["reason"]
)
CALLS = Counter(
    "kotozute_target_calls_total",
    "Calls to a chat platform's API, by kind, outcome and the platform's code.",
    ["call", "outcome", "code"],
)
CALL_SECONDS = Histogram(
    "kotozute_target_call_seconds",
    "How long calls to a chat platform's API took.",
    ["call"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
MENDED_FIELDS = Counter(
    "kotozute_mended_fields_total",
    "Fields of ovice's that could not be read and were left out or mended, by their place.",
    ["field"],
)
REFUSED = Counter(
    "kotozute_refused_proofs_total", "Requests whose signature, key or token was refused.", ["door"]
)
SIGNED_REQUESTS = Counter(
    "kotozute_signed_requests_total",
    "Signed requests of a platform, by what they meant; `refused` is everything not proven.",
    ["outcome"],
)
LOST_HINTS = Counter(
    "kotozute_lost_hints_total", "Wake-ups that the broker did not take; the sweep repeats them."
)
REQUESTS = Counter(
    "kotozute_http_requests_total", "Requests, by route and status.", ["route", "status"]
)
REQUEST_SECONDS = Histogram(
    "kotozute_http_request_seconds",
    "How long requests took.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
TASKS = Counter("kotozute_tasks_total", "Tasks that workers ended.", ["task", "outcome"])
PURGED_ROWS = Counter("kotozute_purged_rows_total", "Rows purged, by the reason.", ["reason"])
WITHHELD_FIELDS = Counter(
    "kotozute_log_fields_withheld_total", "Fields left out of a log line, a report or a trace."
)


class _Coded(Protocol):
    @property
    def reason(self) -> str: ...

    @property
    def code(self) -> str: ...


_codes: set[str] = set()


def count_call(kind: str, seconds: float, error: _Coded | None) -> None:
    """Count a call to a chat platform: its kind, how long it took, and the error it ended in."""
    outcome, code = (error.reason, _bounded(error.code)) if error else ("ok", "")
    CALLS.labels(kind, outcome, code).inc()
    CALL_SECONDS.labels(kind).observe(seconds)


def _bounded(code: str) -> str:
    if code not in _codes:
        if len(_codes) >= MOST_CODES:
            return "other"
        _codes.add(code)
    return code
