"""Drain of one lane: claim the next delivery, send it, settle it, until the time slice ends.

The rows decide, never the queue, and no transaction is open while a target is called. An arrival is
settled in the same round trip that claims the next delivery, so that each DM costs one.
``retry_policy`` decides the meaning of a call, and ``results`` writes it down.
"""

import random
import time
from uuid import UUID

from django.conf import settings
from django.utils.timezone import now
from structlog.contextvars import bound_contextvars

from accounts.members.preferences import choices_of, note_waiting, resting_until
from core import tracing
from core.db.reconnect import patiently, reconnect
from integrations.connections.health import note_alive
from integrations.targets.port import open_target
from messaging.delivery import send as sending
from messaging.delivery.circuit_breaker import Gate
from messaging.delivery.claims import AHEAD, claim, read_ahead
from messaging.delivery.doubts import is_proven
from messaging.delivery.fair_share import courtesy
from messaging.delivery.lanes import (
    Taken,
    give_back,
    hand_over,
    handed_over_on_failure,
    take_lane,
)
from messaging.delivery.results import postpone, settle, settle_abandoned
from messaging.delivery.settling import Settling
from messaging.delivery.wakeups import wake
from messaging.models import RESTING, Delivery, DeliveryState


def relay_lane(installation_id: UUID, number: int) -> int:
    """Drain the lane for at most one time slice; return how many deliveries were taken.

    Does nothing while another worker drains it: that one looks again before it gives it back.
    """
    taken = take_lane(installation_id, number)
    if taken is None:
        return 0
    courtesy.begin(installation_id)
    with handed_over_on_failure(taken.lease):
        shift = _Shift(taken)
        finished = shift.drain()
        # Not after a failure: who knows whether there was a call.
        shift.gate.give_back()
    courtesy.leave(installation_id, shift.taken)
    if not finished and hand_over(taken.lease):
        # A fresh task goes to the back of the queue: other tenants come first.
        wake(installation_id, number)
    return shift.taken


def _has_more(ahead: list[Delivery]) -> bool:
    """Tell whether the lane has more than what was read ahead."""
    behind = {delivery.followed for delivery in ahead if delivery.followed}
    return len(ahead) == AHEAD or not behind.issubset({delivery.pk for delivery in ahead})


class _Shift:
    """One worker's time in one lane."""

    def __init__(self, taken: Taken) -> None:
        self.taken = 0
        self._lease = lease = taken.lease
        # The processor's time of this thread, for which it has accounted.
        self._worked = time.thread_time()
        # All lanes of a flood are woken at once; ended at once they would begin anew at once, too.
        part = random.uniform(0.5, 1)  # noqa: S311 - spreads the ends, protects nothing
        self._end = time.monotonic() + part * settings.RELAY_TIME_SLICE.total_seconds()
        self._installation = taken.installation
        target, lane = self._installation.target, (lease.installation_id, lease.number)
        self.gate = Gate(target, *lane, troubled=taken.troubled)
        opened = open_target(target, self._installation.credentials())
        self._route = sending.Route(lease, self._installation, opened, self.gate)
        # Arrival that is written down together with the next claim.
        self._arrived: Settling | None = None

    def drain(self) -> bool:
        """Send until nothing is due; return False when only the time slice ended.

        When it returns True, the lane is given back, or lost. Arrivals are written down whatever it
        raises: a forgotten one would be sent once more.
        """
        try:
            return self._drain()
        except BaseException:
            reconnect()
            self._write_down()
            raise

    def _drain(self) -> bool:
        may_send, recipients = self.gate.is_open(now()), AHEAD
        while not self._is_over():
            # An arrival must be settled before the next delivery of the same recipient can be seen.
            self._write_down()
            ahead = read_ahead(self._lease, may_send=may_send, in_a_row=recipients < AHEAD)
            moved, finished = self._work_through(ahead)
            may_send, recipients = not self.gate.has_shut, len({each.link_id for each in ahead})
            more = not finished or _has_more(ahead)
            if not (moved and more and may_send) and self._give_back():
                return True
        self._write_down()
        return False

    def _is_over(self) -> bool:
        return time.monotonic() >= self._end

    def _work_through(self, ahead: list[Delivery]) -> tuple[bool, bool]:
        """Send what was read ahead; return whether anything was done, and whether all was."""
        held: set[UUID] = set()
        finished = True
        for done, delivery in enumerate(ahead):
            delivery.installation = self._installation
            if delivery.link_id in held:
                finished = False
                continue
            if self._is_over() or not self._take(delivery):
                return done > 0, False
            if self._arrived is None or self._arrived.delivery is not delivery:
                # The next delivery of its recipient has to be looked at anew, whatever the outcome
                # was.
                held.add(delivery.link_id)
            elif delivery.shared:
                self._write_down()
        return bool(ahead), finished

    def _take(self, delivery: Delivery) -> bool:
        """Carry one delivery to its end or its next try; return False if it is not our turn."""
        if delivery.state == DeliveryState.SENDING:
            settle_abandoned(delivery)
            return True
        choices = choices_of(delivery.link.member)
        # A proven arrival is written down, not sent: that can be done during a rest.
        if not is_proven(delivery) and choices and (until := resting_until(choices, now())):
            note_waiting(choices)
            return postpone(delivery, until, reason=RESTING)
        if self.gate.has_shut or not self._lease.keep():
            return False
        claimed = claim(delivery, self._lease, self._arrived)
        self._arrived = None
        if not claimed:
            return False
        self.taken += 1
        self._arrived = self._send(delivery)
        if self._arrived:
            patiently(lambda: note_alive(self._installation))
        self._be_courteous()
        return True

    def _be_courteous(self) -> None:
        """Rest if this tenant has had much of the processor and others want some of it."""
        since, self._worked = self._worked, time.thread_time()
        if rest := courtesy.spend(self._lease.installation_id, self._worked - since):
            # A worker that dies while it rests must leave nothing in doubt.
            self._write_down()
            time.sleep(rest)

    def _send(self, delivery: Delivery) -> Settling | None:
        whose = {"organization": delivery.organization_id, "delivery": delivery.pk}
        with (
            bound_contextvars(**whose),
            tracing.span_of_message("deliver", delivery.message_id, **whose),
        ):
            return sending.send(self._route, delivery)

    def _write_down(self) -> None:
        if self._arrived:
            settle(self._arrived)
            self._arrived = None

    def _give_back(self) -> bool:
        """Settle what has arrived and give the lane back; False when there is more to do in it."""
        given_back = give_back(self._lease, self._arrived.statements if self._arrived else ())
        self._arrived = None
        return given_back
