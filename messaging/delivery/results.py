"""Results of a call, written down: the delivery, the attempt, and the consequences."""

import random
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from core.db.pipeline import execute_together
from core.db.reconnect import patiently
from core.metrics import ENDED, NOT_SENT
from integrations.connections.hold import hold, need_attention
from integrations.models import GONE_STATES
from integrations.targets.errors import TargetError
from messaging.delivery.cancel import cancel, forget_content
from messaging.delivery.doubts import is_in_doubt, take_up_again
from messaging.delivery.failures import tell_of_failure
from messaging.delivery.retry_policy import History, Verdict, WorkerLost, judge
from messaging.delivery.settling import Call, Settling, new_attempt
from messaging.models import Attempt, Delivery, DeliveryQuerySet, DeliveryState, Outcome

logger = structlog.stdlib.get_logger(__name__)

PROVABLE = (DeliveryState.SENDING, DeliveryState.UNCONFIRMED)


def settle(settling: Settling) -> None:
    """Write down that a delivery has arrived."""
    patiently(lambda: execute_together(settling.statements))
    if settling.delivery.shared:
        # Settled at the same moment, each of a message's deliveries would see the other one open.
        patiently(lambda: _forget(settling.delivery.message_id))


@transaction.atomic
def _forget(message_id: UUID) -> None:
    forget_content([message_id])


def settle_part(delivery: Delivery, call: Call) -> bool:
    """Record that one more text of a long message has arrived; False when the lane is lost.

    As with a whole message, the proof counts even then, as long as nobody sent it again.
    """
    attempt = new_attempt(delivery, call, Outcome.SENT)
    return patiently(lambda: _write_part(delivery, attempt))


@transaction.atomic
def _write_part(delivery: Delivery, attempt: Attempt) -> bool:
    noted = _claimed(delivery).filter(state__in=PROVABLE).update(parts_sent=delivery.parts_sent)
    _remember(attempt, is_there=bool(noted))
    return bool(noted) and _claimed(delivery).filter(state=DeliveryState.SENDING).exists()


def settle_failed(delivery: Delivery, call: Call, error: TargetError) -> Verdict:
    """Record a call that was not accepted, or whose outcome nobody knows, and what follows."""
    unconfirmed_tries = delivery.unconfirmed_tries + error.unconfirmed
    calls = patiently(delivery.attempts.count) + 1
    history = History(calls, delivery.tries + 1, unconfirmed_tries)
    echo_wait = settings.RELAY_UNCONFIRMED_WAIT
    chance = random.random()  # noqa: S311 - spreads the delays, protects nothing
    verdict = judge(error, history, echo_wait=echo_wait, chance=chance)
    attempt = new_attempt(delivery, call, _outcome(error), error)
    patiently(lambda: _write(delivery, verdict, error, attempt))
    patiently(lambda: _apply_to_installation(delivery, verdict, error))
    NOT_SENT.labels(verdict.state.value, error.reason).inc()
    if verdict.state == DeliveryState.FAILED:
        ENDED.labels(verdict.state.value).inc()
    logger.info(
        "delivery was not sent", delivery=delivery.pk, state=verdict.state.value, **error.fields
    )
    return verdict


def settle_uncalled(delivery: Delivery, state: DeliveryState, reason: str = "") -> None:
    """End a claimed delivery that must not be sent any more; no call was made."""
    ENDED.labels(state.value).inc(patiently(lambda: _write_uncalled(delivery, state, reason)))


@transaction.atomic
def _write_uncalled(delivery: Delivery, state: DeliveryState, reason: str) -> int:
    mine = _claimed(delivery).filter(state=DeliveryState.SENDING)
    ended = mine.update(state=state, reason=reason, settled_at=now())
    forget_content([delivery.message_id])
    # The proof of its arrival may have come since it was read.
    if ended and state == DeliveryState.FAILED:
        take_up_again(delivery.pk)
    return ended


def postpone(delivery: Delivery, until: datetime, *, reason: str) -> bool:
    """Let an unclaimed delivery wait; return False when something happened to it meanwhile.

    A delivery in doubt stays known as such: by it the owner's policy is kept after the wait.
    """
    same = Delivery.objects.waiting().filter(pk=delivery.pk, due_at=delivery.due_at)
    kept = delivery.reason if is_in_doubt(delivery) else reason
    return bool(same.update(due_at=until, reason=kept))


def settle_abandoned(delivery: Delivery) -> Verdict:
    """Record that whoever was sending this delivery has vanished, perhaps after sending it."""
    call = Call(delivery.claimed_at or now(), None)
    return settle_failed(delivery, call, WorkerLost(code="worker_lost"))


def _claimed(delivery: Delivery) -> DeliveryQuerySet:
    """Return the row only while nobody else has claimed it since."""
    return Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence)


def _remember(attempt: Attempt, *, is_there: bool) -> None:
    """Store the row of a call, unless its delivery was erased meanwhile."""
    if is_there or Delivery.objects.filter(pk=attempt.delivery_id).exists():
        # Nothing happens to one that is there already, when all this is done once more.
        Attempt.objects.bulk_create([attempt], ignore_conflicts=True)


def _outcome(error: TargetError) -> Outcome:
    return Outcome.UNCONFIRMED if error.unconfirmed else Outcome.NOT_SENT


@transaction.atomic
def _write(delivery: Delivery, verdict: Verdict, error: TargetError, attempt: Attempt) -> None:
    final = verdict.state == DeliveryState.FAILED
    mine = _claimed(delivery).filter(state=DeliveryState.SENDING)
    written = mine.update(
        state=verdict.state,
        reason=error.reason,
        due_at=now() + verdict.delay,
        settled_at=now() if final else None,
        tries=delivery.tries + verdict.spends,
        unconfirmed_tries=delivery.unconfirmed_tries + error.unconfirmed,
        parts_sent=delivery.parts_sent,
    )
    _remember(attempt, is_there=bool(written))
    if final:
        forget_content([delivery.message_id])
    # The proof of its arrival may have come before the end of the call.
    proven = written and take_up_again(delivery.pk)
    if final and written and not proven:
        tell_of_failure(delivery, reason=error.reason)
    if not final:
        # An end during the call could not cancel this delivery.
        ended = Q(link__removed_at__isnull=False) | Q(installation__state__in=GONE_STATES)
        cancel(Delivery.objects.filter(ended, pk=delivery.pk), reason="link_ended")


def _apply_to_installation(delivery: Delivery, verdict: Verdict, error: TargetError) -> None:
    if verdict.attention:
        need_attention(delivery.installation, reason=error.reason)
    elif verdict.hold is not None:
        hold(delivery.installation, until=now() + verdict.hold, reason=error.reason)
