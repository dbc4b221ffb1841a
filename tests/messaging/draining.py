"""Steps that the relay's tests share: let a worker run, and look at a delivery."""

from django.utils.timezone import now

from messaging.delivery.relay import relay_lane
from messaging.models import Delivery, Lane


def run(office) -> int:
    """Let a worker take up the office's one lane."""
    Lane.objects.get_or_create(installation=office.installation, number=0)
    return relay_lane(office.installation.pk, 0)


def state(delivery: Delivery) -> tuple[str, str]:
    delivery.refresh_from_db()
    return delivery.state, delivery.reason


def make_due(*deliveries: Delivery) -> None:
    Delivery.objects.filter(pk__in=[d.pk for d in deliveries]).update(due_at=now())
