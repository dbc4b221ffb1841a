"""Circuit breaker per chat target: while it is open one prober asks, and then the load ramps up.

Calls that fail in a row open the outage. From then on one delivery at a time is the probe, after
growing pauses; no delivery's budget is spent. A prober that has nothing to ask with gives the probe
back. When a probe is answered, lanes come back by and by: a platform that has just got up is not to
be run over by all that waited for it.
"""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F, Q, QuerySet
from django.utils.timezone import now

from core.db.prepared import PreparedModels
from integrations.targets.errors import Scope, TargetError
from messaging.delivery.retry import probe_pause
from messaging.delivery.retry_policy import WorkerLost
from messaging.models import Delivery, DeliveryState, Outage

logger = structlog.stdlib.get_logger(__name__)

OPENS_AFTER = 5
# Right after an outage every lane's turn comes within this time; the share doubles with each step.
RAMP_STEP = timedelta(seconds=5)
RAMP_STEPS = 4
RAMP = RAMP_STEP * RAMP_STEPS
_POSITIONS = 1 << RAMP_STEPS


def _outage(target: str) -> QuerySet[Outage]:
    return Outage.objects.filter(pk=target)


_OUTAGE = PreparedModels(_outage, target="no target at all")


def troubles(ramped_since: datetime) -> QuerySet[Outage]:
    """Return the outages a worker has to know about, those over before ``ramped_since`` not."""
    fresh = Q(failures__gt=0) | Q(began_at__isnull=False) | Q(over_at__gt=ramped_since)
    return Outage.objects.filter(fresh)


class Gate:
    """Health of a target, as far as one worker in one lane has to know it.

    A worker that knows of no trouble saves the question.
    """

    def __init__(
        self, target: str, installation_id: UUID, number: int, *, troubled: bool = True
    ) -> None:
        found = _OUTAGE.fetch(target=target) if troubled else ()
        self._outage = next(iter(found), None)
        self._target = target
        self._lane = (installation_id, number)
        # Set while this lane is the probe and has made no call; then another may be.
        self._probe_until: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Return whether this lane may call now; of all that ask, one becomes the probe."""
        outage = self._outage
        if outage is None:
            return True
        if outage.began_at is None:
            return has_its_turn(*self._lane, outage.over_at, at)
        self._probe_until = _become_probe(outage, at)
        return self._probe_until is not None

    def note(self, error: TargetError | None) -> None:
        """Take note of how a call ended: with an answer, or by the target's fault."""
        self._probe_until = None
        if error is None or not is_targets_fault(error):
            if self._outage and (self._outage.failures or self._outage.began_at):
                _end(self._outage)
                self._outage = Outage.objects.filter(pk=self._target).first()
            return
        self._outage = _count(self._target)
        if self._outage.began_at is None and _is_enough(self._outage, now()):
            _begin(self._outage)

    def give_back(self) -> None:
        """Let another lane ask at once, if this one was to and has called nobody.

        The pauses are there to spare the target, which has noticed nothing. No lane is woken: one
        that has nothing to ask with would otherwise wake the next such one, without a rest.
        """
        outage, until = self._outage, self._probe_until
        if outage is None or until is None:
            return
        self._probe_until = None
        # A later prober, or the end of the outage, has changed the time.
        unused = Outage.objects.filter(pk=outage.pk, probe_at=until)
        unused.update(probe_at=outage.probe_at, probes=outage.probes)

    @property
    def has_shut(self) -> bool:
        """Whether the target was down when this worker last looked, and it is not the probe."""
        down = self._outage is not None and self._outage.began_at is not None
        return down and self._probe_until is None


def is_targets_fault(error: TargetError) -> bool:
    """Return whether the whole target may be down: it says so, or does not answer."""
    silent = error.unconfirmed and not isinstance(error, WorkerLost)
    return silent or error.scope is Scope.TARGET


def has_its_turn(
    installation_id: UUID, number: int, over_at: datetime | None, at: datetime
) -> bool:
    """Return whether the lane may send again after an outage that ended at ``over_at``."""
    if over_at is None or at >= over_at + RAMP:
        return True
    # The low bits of a UUIDv7 are random.
    position = (installation_id.int + number) % _POSITIONS
    return position < 1 << max(0, (at - over_at) // RAMP_STEP)


def lanes_with_a_turn(
    lanes: set[tuple[UUID, int, str]], at: datetime, *, chance: float
) -> list[tuple[UUID, int]]:
    """Return those of ``lanes`` (installation, number, target) that are worth waking now.

    While a target is down that is none, or one when it is time to ask. ``chance`` from 0 to 1 says
    which: what is due in a lane may stand behind what has to wait, so that it asks nothing, and
    the same lane every time would keep the outage going for all others.
    """
    outages = Outage.objects.in_bulk()
    chosen: list[tuple[UUID, int]] = []
    may_ask: defaultdict[str, list[tuple[UUID, int]]] = defaultdict(list)
    for installation_id, number, target in sorted(lanes):
        lane, outage = (installation_id, number), outages.get(target)
        if outage is None:
            chosen.append(lane)
        elif outage.began_at is None:
            if has_its_turn(*lane, outage.over_at, at):
                chosen.append(lane)
        elif outage.probe_at is not None and outage.probe_at <= at:
            may_ask[target].append(lane)
    asking = (among[min(int(chance * len(among)), len(among) - 1)] for among in may_ask.values())
    return [*chosen, *asking]


def _is_enough(outage: Outage, at: datetime) -> bool:
    ramping = outage.over_at is not None and at < outage.over_at + RAMP
    return ramping or outage.failures >= OPENS_AFTER


def _become_probe(outage: Outage, at: datetime) -> datetime | None:
    """Return until when nobody else may ask, or None when somebody else does or it is not time."""
    if outage.probe_at is None or outage.probe_at > at:
        return None
    until = at + _pause(outage.probes)
    mine = Outage.objects.filter(pk=outage.pk, probe_at=outage.probe_at)
    return until if mine.update(probe_at=until, probes=F("probes") + 1) else None


def _count(target: str) -> Outage:
    Outage.objects.get_or_create(pk=target)
    Outage.objects.filter(pk=target).update(failures=F("failures") + 1)
    return Outage.objects.get(pk=target)


def _begin(outage: Outage) -> None:
    at = now()
    new = Outage.objects.filter(pk=outage.pk, began_at=None)
    if new.update(began_at=at, probe_at=at + _pause(0), probes=0):
        logger.error("target is down: nothing is sent to it but probes", target=outage.pk)
    outage.refresh_from_db()


def _end(outage: Outage) -> None:
    at = now()
    down = Outage.objects.filter(pk=outage.pk)
    if down.filter(began_at__isnull=False).update(
        began_at=None, probe_at=None, over_at=at, failures=0
    ):
        logger.warning("target answers again", target=outage.pk)
        # Deliveries put off because of the outage need not wait any longer.
        reasons = ("not_reached", "unavailable")
        put_off = Delivery.objects.filter(state=DeliveryState.PENDING, reason__in=reasons)
        put_off.filter(due_at__gt=at, installation__target=outage.pk).update(due_at=at)
    else:
        down.update(failures=0)


def _pause(probes: int) -> timedelta:
    return probe_pause(probes, chance=random.random())  # noqa: S311 - spreads, protects nothing
