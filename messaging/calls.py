"""Writing down how a delivery's call ended: the delivery, the attempt, and its consequences."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from integrations.errors import TargetError
from integrations.holds import hold, need_attention
from integrations.models import GONE_STATES
from messaging.models import (
    MESSAGE_ID_LENGTH,
    Attempt,
    Delivery,
    DeliveryQuerySet,
    DeliveryState,
    Outcome,
)
from messaging.settlement import cancel, forget_content
from messaging.verdict import History, Verdict, WorkerLost, judge

logger = logging.getLogger(__name__)

PROVABLE = (DeliveryState.SENDING, DeliveryState.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Call:
    """When a call began and how long it took; None when nobody saw it end."""

    started_at: datetime
    duration: timedelta | None


def stored(value: str, length: int) -> str:
    """Return a target's word so that every database takes it.

    A NUL or an excess is no reason to lose the fact that a call was accepted.
    """
    return value.replace("\x00", "")[:length]


@transaction.atomic
def settle_delivered(delivery: Delivery, call: Call, message_id: str) -> bool:
    """Record the last accepted call; return False when a successor has taken the delivery over.

    Proof of arrival also counts after the lane was lost, as long as nobody sent it again.
    """
    settled = (
        _claimed(delivery)
        .filter(state__in=PROVABLE)
        .update(
            state=DeliveryState.DELIVERED,
            reason="",
            settled_at=now(),
            target_message_id=stored(message_id, MESSAGE_ID_LENGTH),
            parts_sent=delivery.parts_sent,
        )
    )
    _attempt(delivery, call, Outcome.SENT)
    forget_content([delivery.message_id])
    return bool(settled)


@transaction.atomic
def settle_part(delivery: Delivery, call: Call) -> bool:
    """Record that one more text of a long message has arrived; False when the lane is lost.

    As with a whole message, the proof counts even then, as long as nobody sent it again.
    """
    _attempt(delivery, call, Outcome.SENT)
    noted = _claimed(delivery).filter(state__in=PROVABLE).update(parts_sent=delivery.parts_sent)
    return bool(noted) and _claimed(delivery).filter(state=DeliveryState.SENDING).exists()


def settle_failed(delivery: Delivery, call: Call, error: TargetError) -> Verdict:
    """Record a call that was not accepted, or whose outcome nobody knows, and what follows."""
    unconfirmed_tries = delivery.unconfirmed_tries + error.unconfirmed
    history = History(delivery.attempts.count() + 1, delivery.tries + 1, unconfirmed_tries)
    echo_wait = settings.RELAY_UNCONFIRMED_WAIT
    chance = random.random()  # noqa: S311 - spreads the delays, protects nothing
    verdict = judge(error, history, echo_wait=echo_wait, chance=chance)
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
    return settle_failed(delivery, call, WorkerLost(code="worker_lost"))


def _claimed(delivery: Delivery) -> DeliveryQuerySet:
    """Return the row only while nobody else has claimed it since."""
    return Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence)


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
    else:
        # What ended during the call could not be cancelled by whoever ended it.
        ended = Q(link__removed_at__isnull=False) | Q(installation__state__in=GONE_STATES)
        cancel(Delivery.objects.filter(ended, pk=delivery.pk), reason="link_ended")


def _attempt(
    delivery: Delivery, call: Call, outcome: Outcome, error: TargetError | None = None
) -> None:
    Attempt.objects.create(
        organization_id=delivery.organization_id,
        delivery=delivery,
        outcome=outcome,
        reason=error.reason if error else "",
        code=stored(error.code, 32) if error else "",
        trace=stored(error.trace, 64) if error else "",
        started_at=call.started_at,
        duration=call.duration,
    )


def _apply_to_installation(delivery: Delivery, verdict: Verdict, error: TargetError) -> None:
    if verdict.attention:
        need_attention(delivery.installation, reason=error.reason)
    elif verdict.hold is not None:
        hold(delivery.installation, until=now() + verdict.hold, reason=error.reason)
