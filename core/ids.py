"""Times as the contract with ovice writes them, and as ids of rows carry them."""

from datetime import UTC, datetime
from uuid import UUID

_MILLISECONDS_SHIFT = 80


def rfc3339(at: datetime) -> str:
    """Return a moment in UTC to the millisecond, such as ``2025-03-04T01:23:45.678Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def earliest_id(at: datetime) -> UUID:
    """Return the smallest UUIDv7 that can have been made at ``at``, to the millisecond.

    Ids begin with the time of their making, so the primary key's index finds rows by age.
    """
    return UUID(int=int(at.timestamp() * 1000) << _MILLISECONDS_SHIFT)
