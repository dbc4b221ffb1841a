"""Insert of one message with its delivery, in one statement of PostgreSQL's.

A transaction around reading, deciding and writing costs four more round trips. Instead the writing
looks once more whether the link is as it was read, waits for whoever is changing it at this moment,
and writes nothing if it is not. The lane's wake-up is noted in the same breath, and becomes visible
together with the delivery. The lane is locked for it, first of all: who takes up a wake-up waits
until the delivery can be seen. So "it is awake already" is still true when this has been committed.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils.timezone import now

from core.db.cursor import planned_cursor
from core.db.pipeline import columns_of
from core.queue import after_commit
from messaging.delivery.wakeups import LOST_AFTER, call_for_a_worker, wake
from messaging.models import Delivery, Message, ReceivedEvent

_HELD = """
SELECT id FROM accounts_link WHERE id = %s AND installation_id = %s AND removed_at IS NULL
FOR NO KEY UPDATE
"""
_LANE = """
SELECT id, (woken_at IS NULL OR woken_at < %s) AS asleep,
    coalesce(leased_until > %s, FALSE) AS leased
FROM messaging_lane
WHERE installation_id = %s AND number = %s AND EXISTS (SELECT 1 FROM held)
FOR NO KEY UPDATE
"""
# Only where somebody was needed: writing the row each time would cost more than the lock.
_MARK = """
UPDATE messaging_lane SET woken_at = %s FROM lane WHERE messaging_lane.id = lane.id AND lane.asleep
"""
_TELL = """
SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM lane),
    (SELECT count(*) FROM lane WHERE asleep AND NOT leased)
"""
_MODELS = (ReceivedEvent, Message, Delivery)


def may_store_at_once() -> bool:
    """Return whether the database can do it, and nobody else's transaction decides about it."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block


def store_at_once(received: ReceivedEvent, message: Message, delivery: Delivery) -> bool:
    """Store all three and wake the lane, or return False if the link has changed meanwhile.

    Raises ``IntegrityError``, with nothing stored, if the event or the message is there already.
    """
    at, lane = now(), (delivery.installation_id, delivery.lane)
    params = [
        *(delivery.link_id, delivery.installation_id),
        *(at - LOST_AFTER, at, *lane),
        *(value for row in (received, message, delivery) for value in _values(row)),
        at,
    ]
    with planned_cursor() as cursor:
        cursor.execute(_at_once(), params)
        ((held, has_lane, needs_somebody),) = cursor.fetchall()
    if held and not has_lane:
        after_commit(wake, *lane)
    elif needs_somebody:
        after_commit(call_for_a_worker, *lane)
    return bool(held)


def _values(row: Model) -> Sequence[Any]:
    return columns_of(type(row)).values(row)


@cache
def _at_once() -> str:
    # Each part runs only where the first has found the link: all of them or none.
    insertions = (
        f"part{n} AS ({columns.head} SELECT {columns.holes} FROM held)"  # noqa: S608 - our names
        for n, columns in enumerate(map(columns_of, _MODELS))
    )
    parts = [f"held AS ({_HELD})", f"lane AS ({_LANE})", *insertions, f"marked AS ({_MARK})"]
    return f"WITH {', '.join(parts)} {_TELL}"
