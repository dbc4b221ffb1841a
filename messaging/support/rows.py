"""All rows that the story of a message is told from, read at once; nothing of its text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.timezone import now

from accounts.members.preferences import choices_of, resting_until
from accounts.owners.audit_messages import role_word
from core.ids import earliest_id
from messaging.models import Attempt, Delivery, Message, Outage

# As many as anybody reads; a message in parts makes one call for each.
MOST_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Deed:
    """Act done to a delivery by hand; ``who`` is a role, never a person."""

    at: datetime
    done: str
    who: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One delivery with what happened to it. ``delivery`` comes with all that its link names.

    ``older`` counts what must reach the recipient before it, ``resting_until`` is the end of the
    recipient's rest, and ``hindered`` are the reasons why calls of the same organization failed
    between its coming in and its first call.
    """

    delivery: Delivery
    attempts: Sequence[Attempt] = ()
    deeds: Sequence[Deed] = ()
    outage: Outage | None = None
    older: int = 0
    resting_until: datetime | None = None
    hindered: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message and its deliveries, as they are now."""

    message: Message
    passages: Sequence[Passage] = field(default=())


def facts_of(message: Message) -> MessageFacts:
    """Read everything about ``message``, in a handful of statements."""
    at = now()
    known = "link__member__choices", "installation__organization"
    deliveries = Delivery.objects.filter(message=message).select_related(*known)
    found = list(deliveries.order_by("pk"))
    attempts = _attempts(found)
    deeds = _deeds(found)
    outages = Outage.objects.in_bulk()
    for delivery in found:
        delivery.message = message
    return MessageFacts(
        message=message,
        passages=tuple(
            Passage(
                delivery,
                attempts=attempts.get(delivery.pk, ()),
                deeds=deeds.get(delivery.pk, ()),
                outage=outages.get(delivery.installation.target),
                older=_older(delivery),
                resting_until=resting_until(choices_of(delivery.link.member), at),
                hindered=_hindered(delivery, attempts.get(delivery.pk, ())),
            )
            for delivery in found
        ),
    )


def _attempts(deliveries: Iterable[Delivery]) -> dict[UUID, list[Attempt]]:
    made: dict[UUID, list[Attempt]] = {}
    rows = Attempt.objects.filter(delivery__in=list(deliveries)).order_by("started_at", "pk")
    for attempt in rows[:MOST_ATTEMPTS]:
        made.setdefault(attempt.delivery_id, []).append(attempt)
    return made


def _deeds(deliveries: Iterable[Delivery]) -> dict[UUID, list[Deed]]:
    keys = [str(delivery.pk) for delivery in deliveries]
    kind = ContentType.objects.get_for_model(Delivery)
    entries = LogEntry.objects.filter(content_type=kind, object_pk__in=keys).select_related("actor")
    done: dict[UUID, list[Deed]] = {}
    for entry in entries.exclude(action=LogEntry.Action.ACCESS).order_by("timestamp"):
        what = (entry.changes or {}).get("done", ["", ""])[-1]
        deed = Deed(entry.timestamp, what, role_word(entry))
        done.setdefault(UUID(entry.object_pk), []).append(deed)
    return done


def _older(delivery: Delivery) -> int:
    if delivery.settled_at is not None:
        return 0
    others = Delivery.objects.open().filter(link=delivery.link_id)
    return others.filter(sent_at__lt=delivery.sent_at).exclude(pk=delivery.pk)[:100].count()


def _hindered(delivery: Delivery, attempts: Sequence[Attempt]) -> list[str]:
    """Return why others' calls failed while this one waited, of a wait that one would notice."""
    since = delivery.message.accepted_at
    until = attempts[0].started_at if attempts else delivery.settled_at or now()
    if until - since < timedelta(minutes=1):
        return []
    failed = Attempt.objects.filter(
        organization=delivery.organization_id,
        pk__gte=earliest_id(since),
        pk__lt=earliest_id(until),
    ).exclude(reason="")
    return list(failed.order_by("pk").values_list("reason", flat=True)[:20])
