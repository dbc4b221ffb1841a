"""Which webhooks the third-party app receives; set once for the app, not for each install."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from integrations.workplace.client import GraphClient
from integrations.workplace.request import Answer, Call, Expected
from integrations.workplace.response import text_of

_DONE = Expected(fields=("success",))


@dataclass(frozen=True, slots=True)
class Subscription:
    """The webhooks of one topic (``page``, ``group`` …) and where they are sent."""

    topic: str
    callback_url: str
    fields: tuple[str, ...]
    active: bool = True


def list_subscriptions() -> list[Subscription]:
    """Return the app's subscriptions, one for each topic."""
    body = _call("list_subscriptions", "GET", None, Expected()).body
    entries = body.get("data") if isinstance(body, Mapping) else None
    return [_read(entry) for entry in entries or () if isinstance(entry, Mapping)]


def subscribe(subscription: Subscription, *, verify_token: str) -> None:
    """Set a topic's callback and fields, replacing what was set before.

    The platform calls the callback with ``verify_token`` during this call and refuses the
    subscription (``ContentRefused``, code 2200) when the challenge does not come back.
    """
    payload = {
        "object": subscription.topic,
        "callback_url": subscription.callback_url,
        "fields": ",".join(subscription.fields),
        "verify_token": verify_token,
    }
    _call("subscribe", "POST", payload, _DONE)


def switch_page_events_on(client: GraphClient) -> None:
    """Let the events of this token's page reach the app; doing so twice is harmless."""
    client.call(Call("subscribed_apps", "POST", ("me", "subscribed_apps"), expected=_DONE))


def _call(kind: str, method: str, payload: Mapping[str, Any] | None, expected: Expected) -> Answer:
    path = (settings.WORKPLACE_APP_ID, "subscriptions")
    return GraphClient.of_the_app().call(
        Call(kind, method, path, payload=payload, expected=expected)
    )


def _read(entry: Mapping[str, Any]) -> Subscription:
    fields = entry.get("fields") or ()
    names = (field.get("name") if isinstance(field, Mapping) else field for field in fields)
    return Subscription(
        topic=text_of(entry.get("object")),
        callback_url=text_of(entry.get("callback_url")),
        fields=tuple(map(text_of, names)),
        active=entry.get("active") is not False,
    )
