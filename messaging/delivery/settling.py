"""Settlement of a delivery that has arrived, as statements to join with the next claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import now
from uuid_utils.compat import uuid7

from core.db.pipeline import Statement
from integrations.targets.errors import TargetError
from messaging.models import MESSAGE_ID_LENGTH, Attempt, Delivery, Outcome

_DELIVERED = """
UPDATE messaging_delivery
SET state = 'delivered', reason = '', settled_at = %s, target_message_id = %s, parts_sent = %s
WHERE id = %s AND fence = %s AND state IN ('sending', 'unconfirmed')
"""
# Composed by hand, as it is for every DM; done twice it does nothing the second time, nor for one
# that was erased during the call.
_ATTEMPT = """
INSERT INTO messaging_attempt
    (id, organization_id, delivery_id, outcome, reason, code, trace, started_at, duration)
SELECT %s, organization_id, id, 'sent', '', '', '', %s, %s FROM messaging_delivery WHERE id = %s
ON CONFLICT DO NOTHING
"""
# A successor that is sending it once more keeps its content.
_FORGET = """
UPDATE messaging_message SET content_sealed = NULL
WHERE id = %s AND NOT EXISTS (SELECT 1 FROM messaging_delivery d
    WHERE d.message_id = messaging_message.id AND (d.id <> %s OR d.fence <> %s)
        AND d.state IN ('pending', 'unconfirmed', 'sending'))
"""


@dataclass(frozen=True, slots=True)
class Call:
    """When a call began and how long it took; None when nobody saw it end."""

    started_at: datetime
    duration: timedelta | None


@dataclass(frozen=True, slots=True)
class Settling:
    """A delivery's end that is not yet written down; the first statement tells whether it counts.

    Writing it twice does no harm.
    """

    delivery: Delivery
    statements: Sequence[Statement]


def settling_delivered(delivery: Delivery, call: Call, message_id: str) -> Settling:
    """Return how the last accepted call is written down.

    Proof of arrival also counts after the lane was lost, as long as nobody sent it again.
    """
    kept = stored(message_id, MESSAGE_ID_LENGTH)
    proof = (now(), kept, delivery.parts_sent, delivery.pk, delivery.fence)
    made = (uuid7(), call.started_at, call.duration, delivery.pk)
    forget = Statement(_FORGET, (delivery.message_id, delivery.pk, delivery.fence))
    return Settling(delivery, (Statement(_DELIVERED, proof), Statement(_ATTEMPT, made), forget))


def new_attempt(
    delivery: Delivery, call: Call, outcome: Outcome, error: TargetError | None = None
) -> Attempt:
    """Return the row, not yet stored, that remembers a call."""
    return Attempt(
        organization_id=delivery.organization_id,
        delivery=delivery,
        outcome=outcome,
        reason=error.reason if error else "",
        code=stored(error.code, 32) if error else "",
        trace=stored(error.trace, 64) if error else "",
        started_at=call.started_at,
        duration=call.duration,
    )


def stored(value: str, length: int) -> str:
    """Return a target's word so that every database takes it.

    A NUL or an excess is no reason to lose the fact that a call was accepted.
    """
    return value.replace("\x00", "")[:length]
