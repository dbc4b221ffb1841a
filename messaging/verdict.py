"""What a failed call means for its delivery and its installation: one pure decision."""

from dataclasses import dataclass
from datetime import timedelta

from integrations.errors import NeedsAttention, Scope, TargetError
from messaging.models import DeliveryState
from messaging.retry import delay_after, outage_delay

POISON_TRIES = 3


class Poison(TargetError):
    """Our own code raised over this delivery before any call was made."""

    reason = "poison"


@dataclass(frozen=True, slots=True)
class History:
    """What a delivery has been through, this call included."""

    calls: int
    tries: int
    unconfirmed_tries: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the relay is with a call nobody confirmed."""

    unconfirmed_wait: timedelta
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


def judge(error: TargetError, history: History, limits: Limits, *, chance: float) -> Verdict:
    """Return what follows from ``error``; ``chance`` from 0 to 1 spreads the delays."""
    if error.unconfirmed:
        return _unconfirmed(history, limits)
    if isinstance(error, NeedsAttention):
        return Verdict(DeliveryState.PENDING, attention=True)
    if error.scope is Scope.INSTALLATION:
        wait = error.wait or outage_delay(history.calls, chance=chance)
        return Verdict(DeliveryState.PENDING, hold=wait)
    if error.scope is Scope.TARGET:
        wait = error.wait or outage_delay(history.calls, chance=chance)
        return Verdict(DeliveryState.PENDING, delay=wait)
    return _this_delivery(error, history, chance)


def _unconfirmed(history: History, limits: Limits) -> Verdict:
    if history.unconfirmed_tries > limits.unconfirmed_tries:
        return Verdict(DeliveryState.FAILED)
    return Verdict(DeliveryState.UNCONFIRMED, delay=limits.unconfirmed_wait)


def _this_delivery(error: TargetError, history: History, chance: float) -> Verdict:
    """The call or its recipient was at fault: try again while that makes sense."""
    delay = delay_after(history.tries, chance=chance) if error.retry else None
    if isinstance(error, Poison) and history.tries >= POISON_TRIES:
        delay = None
    if delay is None:
        return Verdict(DeliveryState.FAILED, spends=True)
    return Verdict(DeliveryState.PENDING, delay=error.wait or delay, spends=True)
