"""Claims: the deliveries of a lane that are next, and taking one of them for sending.

Reading ahead is a hint: it saves a query for each delivery. The claim decides, and looks once more
at what may have changed since.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils.timezone import now

from accounts.models import Link
from core.db.cursor import adapted
from core.db.pipeline import Statement, execute_together
from core.db.prepared import PreparedModels
from core.db.reconnect import patiently
from integrations.models import Installation, Space
from messaging.delivery.lanes import Lease
from messaging.delivery.settling import Settling
from messaging.models import WAITING_STATES, Delivery, DeliveryState, Lane, Message

# So many are read at once. A change to one of them meanwhile is noticed when it is claimed.
AHEAD = 20
# So many of one recipient, where the lane has but few.
IN_A_ROW = 5

# The id of no delivery.
NOBODY = UUID(int=0)

# The oldest open delivery of each recipient, by two looks into the index ``delivery_head_in_lane``
# for each of them, however many wait behind it.
_RECIPIENTS = """
WITH RECURSIVE recipient(link_id) AS (
    SELECT (
        SELECT d.link_id FROM messaging_delivery d
        WHERE d.installation_id = %s AND d.lane = %s
            AND d.state IN ('pending', 'unconfirmed', 'sending')
        ORDER BY d.link_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT n.link_id FROM messaging_delivery n
        WHERE n.installation_id = %s AND n.lane = %s
            AND n.state IN ('pending', 'unconfirmed', 'sending') AND n.link_id > recipient.link_id
        ORDER BY n.link_id LIMIT 1)
    FROM recipient WHERE recipient.link_id IS NOT NULL
)
"""
_HEADS = f"""{_RECIPIENTS}
SELECT (
    SELECT o.id FROM messaging_delivery o
    WHERE o.installation_id = %s AND o.lane = %s AND o.link_id = recipient.link_id
        AND o.state IN ('pending', 'unconfirmed', 'sending')
    ORDER BY o.sent_at, o.id LIMIT 1)
FROM recipient WHERE recipient.link_id IS NOT NULL
"""  # noqa: S608 - nothing but the text above
# Besides, those behind it, up to the first that has to wait: it holds the rest of its recipient.
_HEADS_AND_NEXT = f"""{_RECIPIENTS}
SELECT queue.id FROM recipient CROSS JOIN LATERAL (
    SELECT o.id, row_number() OVER (ORDER BY o.sent_at, o.id) AS place,
        bool_and(o.state <> 'sending' AND o.due_at <= %s) OVER (ORDER BY o.sent_at, o.id) AS due
    FROM (
        SELECT d.id, d.sent_at, d.state, d.due_at FROM messaging_delivery d
        WHERE d.installation_id = %s AND d.lane = %s AND d.link_id = recipient.link_id
            AND d.state IN ('pending', 'unconfirmed', 'sending')
        ORDER BY d.sent_at, d.id LIMIT {IN_A_ROW}) o) queue
WHERE recipient.link_id IS NOT NULL AND (queue.due OR queue.place = 1)
"""  # noqa: S608 - nothing but the text above

# The second line accepts this very claim, made once more because its answer got lost. The last
# condition keeps the order: it must be the oldest of its recipient that is open, but for what is
# settled in the same round trip. Sorted, since a mere "is there an older one" tempts PostgreSQL to
# read the table from its beginning where many wait for one.
_CLAIM = """
UPDATE messaging_delivery SET state = 'sending', claimed_at = %s, fence = %s
WHERE id = %s AND installation_id = %s
    AND (state IN ('pending', 'unconfirmed') AND due_at <= %s
        OR state = 'sending' AND claimed_at = %s AND fence = %s)
    AND installation_id = %s
    AND EXISTS (SELECT 1 FROM messaging_lane WHERE id = %s AND fence = %s)
    AND EXISTS (SELECT 1 FROM messaging_message m
        WHERE m.id = messaging_delivery.message_id AND m.edition = %s)
    AND EXISTS (SELECT 1 FROM integrations_installation i
        WHERE i.id = messaging_delivery.installation_id AND i.state = 'active'
            AND (i.held_until IS NULL OR i.held_until <= %s))
    AND messaging_delivery.id = (SELECT o.id FROM messaging_delivery o
        WHERE o.link_id = messaging_delivery.link_id
            AND o.state IN ('pending', 'unconfirmed', 'sending') AND o.id <> %s
        ORDER BY o.sent_at, o.id LIMIT 1)
"""


def read_ahead(lease: Lease, *, may_send: bool = True, in_a_row: bool = False) -> list[Delivery]:
    """Return the lane's next deliveries, at most ``AHEAD``, with all that sending them needs.

    Each is its recipient's oldest; of these the oldest come first. Among them is also what an
    earlier holder of the lane was sending when it vanished: its state says so. Without ``may_send``
    that is all.

    With ``in_a_row`` there may be several of a recipient, ``IN_A_ROW`` at most, where the database
    can do that well. The claim refuses each until those before it have ended.
    """
    question = (_IN_A_ROW if in_a_row else _READY) if may_send else _LEFT_BEHIND
    ahead = question.fetch(
        installation_id=lease.installation_id,
        number=lease.number,
        lane_id=lease.lane_id,
        fence=lease.fence,
        at=now(),
    )
    links: dict[UUID, Link] = {}
    for delivery in ahead:
        # Findings about a recipient count for the next of theirs as well.
        delivery.link = links.setdefault(delivery.link_id, delivery.link)
    return ahead


def _ahead(
    installation_id: UUID,
    number: int,
    lane_id: int,
    fence: int,
    at: datetime,
    *,
    may_send: bool,
    in_a_row: bool = False,
) -> QuerySet[Delivery]:
    lane = [adapted(installation_id), number]
    heads = _among(_HEADS, *lane, *lane, *lane)
    if in_a_row and connection.vendor == "postgresql":
        heads = _among(_HEADS_AND_NEXT, *lane, *lane, at, *lane)
    # Asked once, not for each row: a lane belongs to one installation.
    sendable = Exists(Installation.objects.sendable(at).filter(pk=installation_id))
    due = Q(sendable, state__in=WAITING_STATES, due_at__lte=at)
    left_behind = Q(state=DeliveryState.SENDING, fence__lt=fence)
    ready = due | left_behind if may_send else left_behind
    ahead = Delivery.objects.annotate(**_circumstances()).filter(ready, heads)
    held = Exists(Lane.objects.filter(pk=lane_id, fence=fence))
    # Nothing goes to an account id of an earlier generation. Looked up for each: as a condition on
    # the joined table it makes PostgreSQL begin with all links, as long as it has not counted them.
    unresolved = Subquery(Link.objects.filter(pk=OuterRef("link")).values("unresolved_at"))
    # A call left behind has gone to the target already; its outcome is to be found out.
    resolved = left_behind | Q(unresolved=None)
    ahead = ahead.alias(unresolved=unresolved).filter(held, resolved)
    ahead = ahead.select_related("message", "link__member__choices")
    return ahead.order_by("sent_at", "pk")[:AHEAD]


def _among(heads: str, *params: object) -> RawSQL:
    """Return the condition that a delivery is one of ``heads``.

    As an array they are found first, and few: PostgreSQL guesses that a list is long, and then
    prefers to read all that waits.
    """
    among = f"= ANY(ARRAY({heads}))" if connection.vendor == "postgresql" else f"IN ({heads})"
    # Values go in as parameters only.
    return RawSQL(f"messaging_delivery.id {among}", params, output_field=BooleanField())  # noqa: S611


def _circumstances() -> dict[str, Exists | Subquery]:
    """Return what is asked about a delivery beside its row.

    A dictionary, since by keyword the type checker would see second definitions of attributes.
    """
    removed_space = Space.objects.filter(
        organization=OuterRef("organization"),
        ovice_id=OuterRef("message__space_ovice_id"),
        removed_at__isnull=False,
    )
    # A row for a message that had not come in, made while this one was being stored.
    taken_back = Message.objects.filter(
        organization=OuterRef("organization"),
        ovice_id=OuterRef("message__ovice_id"),
        deleted_at__isnull=False,
    )
    same_moment = Q(sent_at=OuterRef("sent_at"), pk__gt=OuterRef("pk"))
    later = Q(sent_at__gt=OuterRef("sent_at")) | same_moment
    behind = Delivery.objects.open().filter(later, link=OuterRef("link"))
    others = Delivery.objects.exclude(pk=OuterRef("pk"))
    return {
        "space_removed": Exists(removed_space),
        "taken_back": Exists(taken_back),
        # Sorted for the same reason as in the claim.
        "followed": Subquery(behind.order_by("sent_at", "pk").values("pk")[:1]),
        "shared": Exists(others.filter(message=OuterRef("message"))),
    }


def claim(delivery: Delivery, lease: Lease, before: Settling | None = None) -> bool:
    """Take the delivery for sending; in the same round trip settle the one ``before`` it.

    Returns False when it is not to be sent now: cancelled, edited or postponed meanwhile, the
    installation held, or the lane lost.
    """
    at = now()
    taken = (at, lease.fence)
    # A delivery that went to the next generation meanwhile is not for this one's token.
    lane = (lease.installation_id, lease.lane_id, lease.fence)
    settled = before.delivery.pk if before else NOBODY
    edition = delivery.message.edition
    which = (delivery.pk, lease.installation_id)
    params = (*taken, *which, at, *taken, *lane, edition, at, settled)
    # Waiting deliveries are locked before those being sent, and a message last of all.
    statements = [Statement(_CLAIM, params), *(before.statements if before else ())]
    claimed, *_ = patiently(lambda: execute_together(statements))
    if claimed:
        delivery.state, delivery.claimed_at, delivery.fence = DeliveryState.SENDING, at, lease.fence
    return bool(claimed)


# Values that occur nowhere else in the query; a lane's number fits into its column.
_EXAMPLES: dict[str, Any] = {
    "installation_id": UUID(int=1),
    "number": 32_001,
    "lane_id": 2**62 + 1,
    "fence": 2**62 + 2,
    "at": datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC),
}
_READY = PreparedModels(partial(_ahead, may_send=True), **_EXAMPLES)
_IN_A_ROW = PreparedModels(partial(_ahead, may_send=True, in_a_row=True), **_EXAMPLES)
_LEFT_BEHIND = PreparedModels(partial(_ahead, may_send=False), **_EXAMPLES)
