"""Did the last test message of each canary arrive?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from integrations.models import Installation
from messaging.models import RESTING, Canary, Delivery, DeliveryState
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding
from messaging.monitoring.components import minutes_since
from messaging.monitoring.scope import OPEN, may_send

LATE = timedelta(minutes=5)
# Those somebody ended, or that wait because their member rests, say nothing.
_SAYING = (*OPEN, DeliveryState.FAILED, DeliveryState.EXPIRED)


def find(at: datetime) -> Iterator[Finding]:
    """Yield the organizations whose test message is late although nothing keeps it back."""
    for canary in Canary.objects.filter(sent_at__lte=at - LATE):
        if canary.message_id is None:
            continue
        late = Delivery.objects.filter(
            may_send(at), message_id=canary.message_id, state__in=_SAYING
        )
        installation = Installation.objects.filter(
            pk__in=late.exclude(reason=RESTING).values("installation")
        ).first()
        if installation is not None:
            facts = {"minutes": minutes_since(canary.sent_at, at)}
            yield Finding(Kind.CANARY_LATE, canary.organization_id, installation.pk, facts=facts)
