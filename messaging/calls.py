"""Writing down how a delivery's call ended: the delivery, the attempt, and its consequences."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from integrations.errors import TargetError, Unconfirmed
from integrations.holds import hold, need_attention
from messaging.models import Attempt, Delivery, DeliveryQuerySet, DeliveryState, Outcome
from messaging.settlement import forget_content
from messaging.verdict import History, Limits, Verdict, judge

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """When a call began and how long it took; None when nobody saw it end."""

    started_at: datetime
    duration: timedelta | None


@transaction.atomic
def settle_delivered(delivery: Delivery, call: Call, message_id: str) -> bool:
    """Record the last accepted call; return False when a successor has taken the delivery over.

    Proof of arrival also counts after the lane was lost, as long as nobody sent it again.
    """
    provable = (DeliveryState.SENDING, DeliveryState.UNCONFIRMED)
    settled = (
        _claimed(delivery)
        .filter(state__in=provable)
        .update(
            state=DeliveryState.DELIVERED,
            reason="",
            settled_at=now(),
            target_message_id=message_id,
            parts_sent=delivery.parts_sent,
        )
    )
    _attempt(delivery, call, Outcome.SENT)
    forget_content([delivery.message_id])
    return bool(settled)


@transaction.atomic
def settle_part(delivery: Delivery, call: Call) -> bool:
    """Record that one more text of a long message has arrived; False when the lane is lost."""
    _attempt(delivery, call, Outcome.SENT)
    mine = _claimed(delivery).filter(state=DeliveryState.SENDING)
    return bool(mine.update(parts_sent=delivery.parts_sent))


def settle_failed(delivery: Delivery, call: Call, error: TargetError) -> Verdict:
    """Record a call that was not accepted, or whose outcome nobody knows, and what follows."""
    unconfirmed_tries = delivery.unconfirmed_tries + error.unconfirmed
    history = History(delivery.attempts.count() + 1, delivery.tries + 1, unconfirmed_tries)
    verdict = judge(error, history, _limits(), chance=random.random())  # noqa: S311 - jitter
    with transaction.atomic():
        _write(delivery, verdict, error, unconfirmed_tries)
        _attempt(delivery, call, _outcome(error), error)
    _apply_to_installation(delivery, verdict, error)
    logger.info("delivery %s is %s: %s", delivery.pk, verdict.state, error)
    return verdict


@transaction.atomic
def settle_uncalled(delivery: Delivery, state: DeliveryState, reason: str = "") -> None:
    """End a claimed delivery that must not be sent any more; no call was made."""
    mine = _claimed(delivery).filter(state=DeliveryState.SENDING)
    mine.update(state=state, reason=reason, settled_at=now())
    forget_content([delivery.message_id])


def settle_abandoned(delivery: Delivery) -> Verdict:
    """Record that whoever was sending this delivery has vanished, perhaps after sending it."""
    call = Call(delivery.claimed_at or now(), None)
    return settle_failed(delivery, call, Unconfirmed(code="worker_lost"))


def _claimed(delivery: Delivery) -> DeliveryQuerySet:
    """Return the row only while nobody else has claimed it since."""
    return Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence)


def _limits() -> Limits:
    return Limits(settings.RELAY_UNCONFIRMED_WAIT, settings.RELAY_UNCONFIRMED_TRIES)


def _outcome(error: TargetError) -> Outcome:
    return Outcome.UNCONFIRMED if error.unconfirmed else Outcome.NOT_SENT


def _write(
    delivery: Delivery, verdict: Verdict, error: TargetError, unconfirmed_tries: int
) -> None:
    final = verdict.state == DeliveryState.FAILED
    mine = _claimed(delivery).filter(state=DeliveryState.SENDING)
    mine.update(
        state=verdict.state,
        reason=error.reason,
        due_at=now() + verdict.delay,
        settled_at=now() if final else None,
        tries=delivery.tries + verdict.spends,
        unconfirmed_tries=unconfirmed_tries,
        parts_sent=delivery.parts_sent,
    )
    if final:
        forget_content([delivery.message_id])


def _attempt(
    delivery: Delivery, call: Call, outcome: Outcome, error: TargetError | None = None
) -> None:
    Attempt.objects.create(
        organization_id=delivery.organization_id,
        delivery=delivery,
        outcome=outcome,
        reason=error.reason if error else "",
        code=error.code if error else "",
        trace=error.trace if error else "",
        started_at=call.started_at,
        duration=call.duration,
    )


def _apply_to_installation(delivery: Delivery, verdict: Verdict, error: TargetError) -> None:
    if verdict.attention:
        need_attention(delivery.installation, reason=error.reason)
    elif verdict.hold is not None:
        hold(delivery.installation, until=now() + verdict.hold, reason=error.reason)
