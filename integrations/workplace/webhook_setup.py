"""Subscribing the third-party app's webhooks: once for the app, not for each install."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from integrations.workplace.guide import GUIDE
from integrations.workplace.subscriptions import Subscription, list_subscriptions, subscribe

TOPIC = "page"
# Fields that the bot answers to, and those that prove that a message arrived: as for a custom
# integration.
FIELDS = GUIDE.webhook_fields


@dataclass(frozen=True, slots=True)
class Outcome:
    """State of the webhook now, and whether anything had to be changed for it."""

    subscriptions: list[Subscription]
    changed: bool


def callback_url() -> str:
    """Return where Workplace sends the app's webhooks."""
    return f"{settings.BASE_URL}{reverse('workplace-webhook')}"


def subscribe_webhooks() -> Outcome:
    """Subscribe what a relay needs, unless it stands already; raise a ``TargetError``.

    The platform calls our webhook during the call, so the service has to be running.
    """
    wanted = Subscription(TOPIC, callback_url(), FIELDS)
    present = next((one for one in list_subscriptions() if one.topic == TOPIC), None)
    changed = present is None or not _is(present, wanted)
    if changed:
        subscribe(wanted, verify_token=settings.WORKPLACE_WEBHOOK_VERIFY_TOKEN)
    return Outcome(list_subscriptions(), changed)


def _is(present: Subscription, wanted: Subscription) -> bool:
    same = (present.callback_url, present.active) == (wanted.callback_url, wanted.active)
    return same and set(present.fields) == set(wanted.fields)
