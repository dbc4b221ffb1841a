"""Hints to the workers that somebody told the bot something; losing one loses nothing."""

from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

from django.db.models import QuerySet

from integrations.targets.events import UpdateKind
from messaging.delivery.wakeups import queue, wake_all
from messaging.delivery.wakeups import wake as wake_lane
from messaging.models import FACTS_LANE, TALK_LANES
from messaging.models.bot import FACTS, TALKED, Conversation, ReceivedUpdate

INTRODUCE_BOT = "messaging.tasks.introduce_bot"
# A younger update has probably just been woken.
FRESH = timedelta(seconds=3)
# Where many wait each lane gets its worker; where few do, any one is enough.
_turns = cycle(TALK_LANES)


def lane_for(kind: UpdateKind) -> int:
    """Return the number of a lane in which an update of this kind is worked off."""
    return FACTS_LANE if kind in FACTS else next(_turns)


def wake(installation_id: UUID) -> bool:
    """Have somebody look whether people wait for an answer; return whether a task was queued."""
    return wake_lane(installation_id, next(_turns))


def wake_introduction(installation_id: UUID) -> bool:
    """Queue setting this installation's empty chat right; return whether it was queued."""
    return queue(INTRODUCE_BOT, str(installation_id))


def sweep(at: datetime) -> int:
    """Wake for every update that was left behind and every answer that is still owed."""
    left = ReceivedUpdate.objects.filter(handled_at=None, received_at__lt=at - FRESH)
    owed = Conversation.objects.exclude(owed="").filter(owed_at__lt=at - FRESH)
    noted = ((each, FACTS_LANE) for each in _homes(left.filter(kind__in=FACTS)))
    waited_for = _homes(left.filter(kind__in=TALKED)) | _homes(owed)
    return wake_all([*noted, *((each, next(_turns)) for each in sorted(waited_for))])


def _homes(rows: QuerySet[ReceivedUpdate] | QuerySet[Conversation]) -> set[UUID]:
    return set(rows.values_list("installation_id", flat=True).distinct().order_by())
