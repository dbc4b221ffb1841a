"""Retry policy: one pure decision about a failed call, for its delivery and installation."""

from dataclasses import dataclass
from datetime import timedelta

from integrations.targets.errors import NeedsAttention, Scope, TargetError, Unconfirmed
from messaging.delivery.retry import delay_after, outage_delay
from messaging.models import DeliveryState

POISON_TRIES = 3
# The contract: after an unknown outcome one more try, since a rare double is better than a loss.
UNCONFIRMED_TRIES = 1
# A worker may have vanished before it made the call, and workers may vanish more than once.
WORKER_LOST_TRIES = 3


class Poison(TargetError):
    """Our own code raised over this delivery before any call was made."""

    reason = "poison"


class WorkerLost(Unconfirmed):
    """The worker that was sending this delivery has vanished, before, during or after the call."""


@dataclass(frozen=True, slots=True)
class History:
    """History of a delivery, this call included."""

    calls: int
    tries: int
    unconfirmed_tries: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state a delivery gets, when it is due again, and what its installation has to suffer.

    ``spends`` says whether the call counts against the delivery's budget of tries; ``hold`` for how
    long the whole installation keeps still.
    """

    state: DeliveryState
    delay: timedelta = timedelta()
    spends: bool = False
    hold: timedelta | None = None
    attention: bool = False


def judge(error: TargetError, history: History, *, echo_wait: timedelta, chance: float) -> Verdict:
    """Return what follows from ``error``.

    ``echo_wait`` is how long an unconfirmed delivery waits; ``chance`` from 0 to 1 spreads delays.
    """
    if error.unconfirmed:
        return _unconfirmed(error, history, echo_wait)
    if isinstance(error, NeedsAttention):
        return Verdict(DeliveryState.PENDING, attention=True)
    if error.scope is Scope.INSTALLATION:
        wait = error.wait or outage_delay(history.calls, chance=chance)
        return Verdict(DeliveryState.PENDING, hold=wait)
    if error.scope is Scope.TARGET:
        wait = error.wait or outage_delay(history.calls, chance=chance)
        return Verdict(DeliveryState.PENDING, delay=wait)
    return _this_delivery(error, history, chance)


def _unconfirmed(error: TargetError, history: History, echo_wait: timedelta) -> Verdict:
    limit = WORKER_LOST_TRIES if isinstance(error, WorkerLost) else UNCONFIRMED_TRIES
    if history.unconfirmed_tries > limit:
        return Verdict(DeliveryState.FAILED)
    return Verdict(DeliveryState.UNCONFIRMED, delay=echo_wait)


def _this_delivery(error: TargetError, history: History, chance: float) -> Verdict:
    """The call or its recipient was at fault: try again while that makes sense."""
    delay = delay_after(history.tries, chance=chance) if error.retry else None
    if isinstance(error, Poison) and history.tries >= POISON_TRIES:
        delay = None
    if delay is None:
        return Verdict(DeliveryState.FAILED, spends=True)
    return Verdict(DeliveryState.PENDING, delay=error.wait or delay, spends=True)
