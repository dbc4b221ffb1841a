"""Traffic against its own usual pattern: nothing where there has always been something.

Simple on purpose. Usual is what came in the same twelve minutes of the last three weeks, and of
these the quietest counts. Where that is little, nothing is expected and nothing is said. A holiday
looks like a failure; so an organization's silence alone is only a notice.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from integrations.models import Installation
from messaging.models import Delivery, Message, ReceivedEvent
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding
from messaging.monitoring.outcomes import in_words
from messaging.monitoring.scope import SETTLING, made_between, may_send

# Found out and confirmed within a quarter of an hour.
QUIET_FOR = timedelta(minutes=12)
WEEK = timedelta(weeks=1)
WEEKS = 3
# With so many as the least in three weeks, none at all is no chance.
FEWEST = 10
CREATED = "message.direct.created"


def find(at: datetime) -> Iterator[Finding]:
    """Yield who is silent although it never was at this time of the week."""
    events = usual(_events, at)
    if events and not _events(at).get(None):
        yield Finding(Kind.NO_EVENTS, facts=_facts(events[None]))
        return
    deliveries = usual(_deliveries, at)
    if not deliveries:
        return
    talking = set(_deliveries(at))
    able = set(Installation.objects.filter(may_send(at, "")).values_list("organization", flat=True))
    for organization_id, least in deliveries.items():
        if organization_id in able - talking:
            yield from _silent(organization_id, least, at)


def usual(
    count: Callable[[datetime], dict[UUID | None, int]], at: datetime
) -> dict[UUID | None, int]:
    """Return the least of three weeks for everyone for whom it is enough to expect something."""
    weeks = [count(at - number * WEEK) for number in range(1, WEEKS + 1)]
    everywhere = set(weeks[0]).intersection(*weeks[1:])
    least = {one: min(week[one] for week in weeks) for one in everywhere}
    return {one: number for one, number in least.items() if number >= FEWEST}


def _events(at: datetime) -> dict[UUID | None, int]:
    """Count the direct messages that ovice told of in the minutes before ``at``."""
    found = ReceivedEvent.objects.filter(received_at__range=(at - QUIET_FOR, at), type=CREATED)
    return {None: number} if (number := found.count()) else {}


def _deliveries(at: datetime) -> dict[UUID | None, int]:
    """Count the deliveries that were begun in that time, by organization."""
    made = Delivery.objects.filter(made_between(at - QUIET_FOR, at))
    return dict(made.values_list("organization").annotate(count=Count("pk")).order_by())


def _silent(organization_id: UUID | None, least: int, at: datetime) -> Iterator[Finding]:
    """Yield whether everything is left out, or nothing comes; an owner's own pause is neither."""
    came = Message.objects.filter(
        made_between(at - QUIET_FOR, at - SETTLING), organization=organization_id
    )
    reasons = Counter(came.values_list("skipped_reason", flat=True).order_by())
    facts = {**_facts(least), "reasons": in_words(reasons)}
    if set(reasons) & {"org_paused", "org_not_connected"}:
        return
    kind = Kind.ALL_SKIPPED if reasons else Kind.QUIET
    yield Finding(kind, organization_id, facts=facts)


def _facts(least: int) -> dict[str, int]:
    return {"usual": least, "minutes": int(QUIET_FOR.total_seconds() // 60)}
