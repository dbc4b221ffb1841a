"""Leases of lanes, with a fencing token: who may drain one, and how a successor takes over."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.timezone import now

from core.db.cursor import adapted_all, planned_cursor
from core.db.pipeline import Statement, execute_together
from core.db.prepared import PreparedModels
from core.db.reconnect import AWAY, patiently, reconnect
from integrations.models import Installation
from messaging.delivery.circuit_breaker import RAMP, troubles
from messaging.models import Lane

# One statement, so that of many workers one gets the lane, and idle lanes cost little.
_TAKE = """
UPDATE messaging_lane SET fence = fence + 1, leased_until = %s, woken_at = NULL
WHERE installation_id = %s AND number = %s AND (leased_until IS NULL OR leased_until <= %s)
RETURNING id, fence
"""
_GIVE_BACK = """
UPDATE messaging_lane SET leased_until = NULL
WHERE id = %s AND fence = %s AND woken_at IS NULL
"""


@dataclass(slots=True)
class Lease:
    """The right to drain one lane for a while; ``fence`` proves that it is still ours."""

    lane_id: int
    installation_id: UUID
    number: int
    fence: int
    _kept_at: float = field(default_factory=time.monotonic, compare=False)

    def keep(self) -> bool:
        """Renew the lease once a quarter of it is over; return False when the lane is lost."""
        if time.monotonic() - self._kept_at < settings.RELAY_LEASE.total_seconds() / 4:
            return True
        return renew(self)

    def kept(self) -> None:
        """Note that the lease has just been renewed."""
        self._kept_at = time.monotonic()


@dataclass(frozen=True, slots=True)
class Taken:
    """A lane that is ours now, and what its holder has to know before anything else."""

    lease: Lease
    installation: Installation
    # Whether its target as a whole may be in trouble.
    troubled: bool


def take_lane(installation_id: UUID, number: int) -> Taken | None:
    """Lease the lane, as ``take_lease`` does, and read what belongs to it in the same breath."""
    asked = {"installation_id": installation_id, "ramped_since": now() - RAMP}
    lease: Lease | None
    # The query adds columns that its type does not know.
    found: Any
    if connection.vendor == "postgresql":
        found = _TAKEN.fetch(*_taking(installation_id, number), **asked)
        lease = Lease(found[0].lane_id, installation_id, number, found[0].fence) if found else None
    else:
        # Read first: whoever fails to must not have taken the lane, or nobody else could.
        found = _READ.fetch(**asked)
        lease = take_lease(installation_id, number)
    return Taken(lease, found[0], found[0].troubled) if lease and found else None


def take_lease(installation_id: UUID, number: int) -> Lease | None:
    """Lease the lane and take up its wake-up, or return None while somebody else drains it."""
    params = adapted_all(_taking(installation_id, number))
    with planned_cursor() as cursor:
        cursor.execute(_TAKE, params)
        # Fetched to the end: SQLite holds its lock until then.
        found = cursor.fetchall()
    return Lease(found[0][0], installation_id, number, found[0][1]) if found else None


def _taking(installation_id: UUID, number: int) -> tuple[object, ...]:
    at = now()
    return at + settings.RELAY_LEASE, installation_id, number, at


def renew(lease: Lease) -> bool:
    """Extend the lease; return False when somebody else has the lane."""
    lease.kept()
    until = now() + settings.RELAY_LEASE
    return bool(patiently(lambda: _ours(lease).update(leased_until=until)))


def give_back(lease: Lease, statements: Sequence[Statement] = ()) -> bool:
    """Run the statements and give the lane back; return False when there is more to do in it.

    The waker of a leased lane counts on its holder to look again. The lane comes first: whoever
    moves a queue locks its lanes before its deliveries as well.
    """
    giving_back = Statement(_GIVE_BACK, [lease.lane_id, lease.fence])
    given_back, *_ = patiently(lambda: execute_together([giving_back, *statements]))
    # A wake-up has come meanwhile, unless the lease is lost.
    return bool(given_back) or not _ours(lease).update(woken_at=None)


@contextmanager
def handed_over_on_failure(lease: Lease) -> Iterator[None]:
    """Give the lane back whatever breaks the work in it."""
    try:
        yield
    except BaseException:
        # No wake-up follows: the sweep tries again, at its own pace.
        with suppress(DatabaseError, *AWAY):
            # The connection itself may have broken the work.
            reconnect()
            hand_over(lease)
        raise


def hand_over(lease: Lease) -> bool:
    """Give the lane back whatever waits in it; return False when it was lost already."""
    return bool(_ours(lease).update(leased_until=None, woken_at=None))


def _ours(lease: Lease) -> QuerySet[Lane]:
    return Lane.objects.filter(pk=lease.lane_id, fence=lease.fence)


def _installation(installation_id: UUID, ramped_since: datetime) -> QuerySet[Installation]:
    troubled = Exists(troubles(ramped_since).filter(target=OuterRef("target")))
    found = Installation.objects.select_related("organization").filter(pk=installation_id)
    return found.annotate(troubled=troubled)


def _taken(installation_id: UUID, ramped_since: datetime) -> QuerySet[Installation]:
    lane = RawSQL("(SELECT id FROM lease)", ())
    fence = RawSQL("(SELECT fence FROM lease)", ())
    found = _installation(installation_id, ramped_since).annotate(lane_id=lane, fence=fence)
    return found.filter(lane_id__isnull=False)


_EXAMPLES: dict[str, Any] = {
    "installation_id": UUID(int=1),
    "ramped_since": datetime(2001, 2, 3, tzinfo=UTC),
}
_READ = PreparedModels(_installation, **_EXAMPLES)
_TAKEN = PreparedModels(_taken, first=f"WITH lease AS ({_TAKE}) ", **_EXAMPLES)
