"""When to try an event again: the schedule that Standard Webhooks gives as its example."""

import re
from email.utils import parsedate_to_datetime
from enum import StrEnum

SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0
# The wait before each attempt, the first included: ten attempts in about 75 hours.
WAITS = (
    0.0,
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
JITTER_SHARE = 0.1
SECONDS = re.compile(r"[0-9]{1,9}")
GONE = 410
SLOW_DOWN = frozenset({429, 502, 504})
TWICE = 2.0
SUCCESS = range(200, 300)


class Verdict(StrEnum):
    """Meaning of an answer for the sender."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    GONE = "gone"


def judge(status: int | None) -> Verdict:
    """Tell what an HTTP status means; None is no answer. A redirect is a failure."""
    if status == GONE:
        return Verdict.GONE
    return Verdict.ACCEPTED if status in SUCCESS else Verdict.FAILED


def wait_seconds(
    attempts_made: int, status: int | None, retry_after: float | None, *, scale: float, luck: float
) -> float | None:
    """Return how long to wait after the last of `attempts_made`, or None when it was the last.

    `scale` shortens the schedule, `luck` in 0..1 picks the jitter, up to a tenth later. The
    receiver's `retry-after` (seconds) is a lower bound and is never shortened.
    """
    if attempts_made >= len(WAITS):
        return None
    wait = WAITS[attempts_made] * scale * (1 + JITTER_SHARE * luck)
    if status in SLOW_DOWN and retry_after is None:
        wait *= TWICE
    return max(wait, retry_after or 0.0)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Read a `retry-after` header, seconds or a date; `now` is in Unix seconds."""
    if value is None:
        return None
    if SECONDS.fullmatch(value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None
