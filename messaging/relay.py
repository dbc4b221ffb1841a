"""Draining one lane: claim the next delivery, send it, settle it, until the time slice ends.

The rows decide, never the queue, and no transaction is open while a target is called. What has
arrived is settled in the same round trip that claims the next delivery, so that each DM costs one.
What a call means is decided in ``messaging.verdict`` and written down by ``messaging.calls``.
"""

import time
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils.timezone import now

from accounts.models import ORGANIZATION_USERS
from accounts.recheck import look_into_refusal, note_arrival, recheck_if_old
from integrations.errors import Scope, TargetError, Unavailable, Unconfirmed
from integrations.masterkeys import KeyMissingError
from integrations.models import Installation
from integrations.targets import ChatTarget, Choice, Page, Sent, open_target
from messaging.calls import (
    settle,
    settle_abandoned,
    settle_failed,
    settle_part,
    settle_uncalled,
)
from messaging.claims import AHEAD, claim, read_ahead
from messaging.content import Content
from messaging.echoes import reference_of
from messaging.lanes import Lease, giving_back, hand_over, take_lease, take_up_wake_up
from messaging.models import Delivery, DeliveryState
from messaging.notice import compose
from messaging.offers import offers
from messaging.patience import patiently
from messaging.roundtrip import execute_together
from messaging.settling import Call, Settling, settling_delivered
from messaging.verdict import Poison
from messaging.wakeups import wake

# One text, and what is offered below it.
Part = tuple[str, tuple[Choice | Page, ...]]


def relay_lane(installation_id: UUID, number: int) -> int:
    """Drain the lane for at most one time slice; return how many deliveries were taken.

    Does nothing while another worker drains it: that one looks again before it gives it back.
    """
    lease = take_lease(installation_id, number)
    if lease is None:
        return 0
    try:
        shift = _Shift(lease)
        finished = shift.drain()
    except BaseException:
        # Nobody is woken: the sweep tries again, at its own pace.
        with suppress(DatabaseError):
            hand_over(lease)
        raise
    if not finished and hand_over(lease):
        # A fresh task goes to the back of the queue: other tenants come first.
        wake(installation_id, number)
    return shift.taken


class _Shift:
    """One worker's time in one lane."""

    def __init__(self, lease: Lease) -> None:
        self.taken = 0
        self._lease = lease
        self._end = time.monotonic() + settings.RELAY_TIME_SLICE.total_seconds()
        self._installation = Installation.objects.get(pk=lease.installation_id)
        credentials = self._installation.credentials()
        self._target = open_target(self._installation.target, credentials)
        # What has arrived and is written down together with what comes next.
        self._arrived: Settling | None = None

    def drain(self) -> bool:
        """Send until nothing is due; return False when only the time slice ended.

        When it returns True, the lane is given back, or lost.
        """
        while not self._is_over():
            # What has arrived must be settled before the next of the same recipient can be seen.
            self._write_down()
            ahead = read_ahead(self._lease)
            moved = self._work_through(ahead)
            more = len(ahead) == AHEAD or any(delivery.followed for delivery in ahead)
            if not (moved and more) and self._give_back():
                return True
        self._write_down()
        return False

    def _is_over(self) -> bool:
        return time.monotonic() >= self._end

    def _work_through(self, ahead: list[Delivery]) -> bool:
        """Send what was read ahead; return whether anything was done."""
        for done, delivery in enumerate(ahead):
            delivery.installation = self._installation
            if self._is_over() or not self._take(delivery):
                return done > 0
        return bool(ahead)

    def _take(self, delivery: Delivery) -> bool:
        """Carry one delivery to its end or its next try; return False if it is not our turn."""
        if delivery.state == DeliveryState.SENDING:
            settle_abandoned(delivery)
            return True
        if not self._lease.keep():
            return False
        arrived, self._arrived = self._arrived, None
        if not claim(delivery, self._lease, arrived):
            return False
        self.taken += 1
        self._arrived = _send(self._lease, delivery, self._target)
        if self._arrived and delivery.shared:
            self._write_down()
        return True

    def _write_down(self) -> None:
        if self._arrived:
            settle(self._arrived)
            self._arrived = None

    def _give_back(self) -> bool:
        """Settle what has arrived and give the lane back; False when there is more to do in it."""
        arrived, self._arrived = self._arrived, None
        statements = [*(arrived.statements if arrived else ()), giving_back(self._lease)]
        *_, given_back = patiently(lambda: execute_together(statements))
        # Somebody has woken the lane meanwhile, unless it is lost.
        return bool(given_back) or not take_up_wake_up(self._lease)


def reason_to_cancel(delivery: Delivery) -> str:
    """Check once more, just before sending, what may have changed since the message came in."""
    link, member = delivery.link, delivery.link.member
    if delivery.message.deleted_at is not None:
        return "deleted"
    if link.removed_at is not None:
        return link.removed_reason
    if member.removed_at is not None or member.role not in ORGANIZATION_USERS:
        return "recipient_not_member"
    return "" if delivery.message.content_sealed is not None else "content_gone"


def _send(lease: Lease, delivery: Delivery, target: ChatTarget) -> Settling | None:
    """Carry one claimed delivery to its next try, or to its end; return its arrival, unsettled."""
    if delivery.expires_at <= now():
        settle_uncalled(delivery, DeliveryState.EXPIRED)
    elif reason := reason_to_cancel(delivery):
        settle_uncalled(delivery, DeliveryState.CANCELLED, reason)
    else:
        texts = _texts(delivery, target)
        if texts:
            if _is_still_theirs(delivery, target):
                return _send_texts(lease, delivery, target, texts)
        elif texts is not None:
            # All of it has arrived already, and the last note of it was lost.
            settle_uncalled(delivery, DeliveryState.DELIVERED)
    return None


def _texts(delivery: Delivery, target: ChatTarget) -> list[Part] | None:
    """Return what is still to be sent; a message our own code chokes on is set aside."""
    try:
        content = Content.from_json(delivery.message.content or "")
        locale = delivery.link.locale or delivery.link.member.locale
        notice = compose(
            content,
            locale=locale,
            # A message that is half sent keeps its form, or its parts would not fit together.
            with_link=not delivery.space_removed or delivery.parts_sent > 0,
        )
        # An echo proves what a lost answer left in doubt.
        delivery.parts_sent = max(delivery.parts_sent, delivery.parts_echoed)
        *first, last = target.lay_out(notice)
        hears = delivery.installation.told_at is not None
        below = offers(locale=locale, link=notice.link, hears=hears)
        return [*((text, ()) for text in first), (last, below)][delivery.parts_sent :]
    except DatabaseError:
        raise
    except KeyMissingError:
        # An operator's mistake, not this message's: it waits until the key is back.
        settle_failed(delivery, Call(now(), None), Unavailable(code="master_key"))
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, the lane must go on
        poison = Poison(code=type(error).__name__[:32])
        settle_failed(delivery, Call(now(), None), poison)
        return None


def _is_still_theirs(delivery: Delivery, target: ChatTarget) -> bool:
    """Ask whose account it is if the last answer is old, and settle what may not be sent to it."""
    started_at, clock = now(), time.monotonic()
    try:
        reason = recheck_if_old(delivery.link, target)
    except TargetError as error:
        settle_failed(delivery, _call(started_at, clock), error)
        return False
    if reason:
        settle_uncalled(delivery, DeliveryState.CANCELLED, reason)
    return not reason


def _send_texts(
    lease: Lease, delivery: Delivery, target: ChatTarget, texts: list[Part]
) -> Settling | None:
    """Make one call for each text, and note each at once: a restart must not repeat them."""
    for left, part in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        if not lease.keep():
            return None
        started_at, clock = now(), time.monotonic()
        sent = _call_out(delivery, target, part)
        call = Call(started_at, timedelta(seconds=time.monotonic() - clock))
        if isinstance(sent, TargetError):
            settle_failed(delivery, call, sent)
            if sent.scope is Scope.RECIPIENT:
                look_into_refusal(delivery.link, target)
            return None
        delivery.parts_sent += 1
        if not left:
            note_arrival(delivery.link)
            return settling_delivered(delivery, call, sent.message_id)
        if not settle_part(delivery, call):
            return None
    return None


def _call_out(delivery: Delivery, target: ChatTarget, part: Part) -> Sent | TargetError:
    text, below = part
    account_id, reference = delivery.link.account_id, reference_of(delivery)
    try:
        return target.send(account_id, text, reference=reference, offers=below)
    except TargetError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the call may have left; nobody knows
        return Unconfirmed(code=type(error).__name__[:32])


def _call(started_at: datetime, clock: float) -> Call:
    return Call(started_at, timedelta(seconds=time.monotonic() - clock))
