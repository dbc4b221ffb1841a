"""When a link last carried a message to its member."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from accounts.models import Link
from messaging.models import Delivery, DeliveryState


def last_deliveries(link_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return the time of the last delivery of those of ``link_ids`` that had one."""
    delivered = Delivery.objects.filter(link=OuterRef("pk"), state=DeliveryState.DELIVERED)
    # One look into the index for each link, however many deliveries it had.
    latest = delivered.order_by("-settled_at").values("settled_at")[:1]
    links = Link.objects.filter(pk__in=link_ids).annotate(last=Subquery(latest))
    return dict(links.exclude(last=None).values_list("pk", "last"))
