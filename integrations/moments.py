"""Times as the contract with ovice writes them."""

from datetime import UTC, datetime


def rfc3339(at: datetime) -> str:
    """Return a moment in UTC to the millisecond, such as ``2025-03-04T01:23:45.678Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
