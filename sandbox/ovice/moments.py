"""Times as ovice writes them: RFC 3339 in UTC, to the millisecond."""

from datetime import UTC, datetime


def write_moment(seconds: float) -> str:
    """Write Unix seconds as `2025-03-04T01:23:45.678Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
