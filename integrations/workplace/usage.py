"""Usage by the rate headers of the Graph API: the share used, and how long to stay away."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite

# Graph API, rate limiting: the first two hold one record, the third a list per business object.
_SINGLE = ("X-App-Usage", "X-Page-Usage")
_BUSINESS = "X-Business-Use-Case-Usage"
_SHARES = ("call_count", "total_cputime", "total_time")
_WAIT = "estimated_time_to_regain_access"
# A wait beyond this is a mistake of somebody's; a day later another call tells the truth.
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """``highest`` is in per cent of a limit; ``wait`` is None when no header asks for one."""

    highest: float | None = None
    wait: timedelta | None = None


def read_usage(headers: Mapping[str, str]) -> Usage:
    """Read every rate header of an answer; what is malformed counts as absent.

    ``headers`` must ignore case in its names, as those of HTTP libraries do.
    """
    records = list(_records(headers))
    shares = [share for record in records for key in _SHARES if (share := _number(record.get(key)))]
    waits = [minutes for record in records if (minutes := _number(record.get(_WAIT)))]
    return Usage(
        highest=max(shares, default=None),
        wait=_retry_after(headers.get("Retry-After", "")) or _bounded(max(waits, default=0) * 60),
    )


def _records(headers: Mapping[str, str]) -> Iterator[dict[str, object]]:
    for name in _SINGLE:
        if isinstance(record := _parse(headers.get(name)), dict):
            yield record
    business = _parse(headers.get(_BUSINESS))
    for entries in business.values() if isinstance(business, dict) else ():
        if isinstance(entries, list):
            yield from (entry for entry in entries if isinstance(entry, dict))


def _parse(value: str | None) -> object:
    # Most answers have none of these headers, and there is one for each DM.
    if not value:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _number(value: object) -> float:
    """Return a positive number that arithmetic can bear, or 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return float(value) if 0 < value < float(10**9) and isfinite(value) else 0


def _retry_after(value: str) -> timedelta | None:
    """Read ``Retry-After``, which HTTP allows in seconds or as a date."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return _bounded(float(value[:10]))
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return _bounded((then - datetime.now(UTC)).total_seconds())


def _bounded(seconds: float) -> timedelta | None:
    longest = LONGEST_WAIT.total_seconds()
    return timedelta(seconds=min(seconds, longest)) if seconds > 0 else None
