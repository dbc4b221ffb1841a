"""Storing one message with its delivery in one statement of PostgreSQL's.

A transaction around reading, deciding and writing costs four more round trips. Instead the writing
looks once more whether the link is as it was read, waits for whoever is changing it at this moment,
and writes nothing if it is not. The lane's wake-up is noted in the same breath, and becomes visible
together with the delivery. Only "it is awake already" has to be asked once more after the commit:
whoever was woken may have looked in between, and seen nothing.
"""

from functools import cache

from django.db import connection

from integrations.hints import after_commit
from messaging.models import Delivery, Message, ReceivedEvent
from messaging.planned import planned_cursor
from messaging.roundtrip import columns_of
from messaging.wakeups import MARK, TELL_WHETHER_LEASED, marking, queue_marked, wake

_HELD = """
SELECT id FROM accounts_link WHERE id = %s AND installation_id = %s AND removed_at IS NULL
FOR NO KEY UPDATE
"""
_MODELS = (ReceivedEvent, Message, Delivery)


def may_store_at_once() -> bool:
    """Return whether the database can do it, and nobody else's transaction decides about it."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block


def store_at_once(received: ReceivedEvent, message: Message, delivery: Delivery) -> bool:
    """Store all three and wake the lane, or return False if the link has changed meanwhile.

    Raises ``IntegrityError``, with nothing stored, if the event or the message is there already.
    """
    lane = (delivery.installation_id, delivery.lane)
    rows = (received, message, delivery)
    params = [
        *(delivery.link_id, delivery.installation_id),
        *(value for row in rows for value in columns_of(type(row)).values(row)),
        *marking(*lane),
    ]
    with planned_cursor() as cursor:
        cursor.execute(_at_once(), params)
        ((held, leased),) = cursor.fetchall()
    if held and leased is None:
        after_commit(wake, *lane)
    elif held:
        after_commit(queue_marked, *lane, leased=bool(leased))
    return bool(held)


@cache
def _at_once() -> str:
    # Each part runs only where the first has found the link: all of them or none.
    insertions = (
        f"part{n} AS ({columns.head} SELECT {columns.holes} FROM held)"  # noqa: S608 - our names
        for n, columns in enumerate(map(columns_of, _MODELS))
    )
    mark = " ".join([MARK, "AND EXISTS (SELECT 1 FROM held)", TELL_WHETHER_LEASED])
    parts = [f"held AS ({_HELD})", *insertions, f"marked AS ({mark})"]
    told = "SELECT (SELECT count(*) FROM held), (SELECT leased FROM marked)"
    return f"WITH {', '.join(parts)} {told}"
