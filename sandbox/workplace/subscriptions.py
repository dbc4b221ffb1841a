"""Webhook subscriptions: list, set with the verification GET, delete."""

import secrets
from typing import Any

from sandbox.workplace import parameters
from sandbox.workplace.call import Call
from sandbox.workplace.errors import GraphError, bad_parameter
from sandbox.workplace.records import App, Subscription
from sandbox.workplace.replies import Reply
from sandbox.workplace.webhooks import Sender

FIELDS = {
    "page": {
        "messages",
        "messaging_postbacks",
        "message_deliveries",
        "message_reads",
        "messaging_optins",
        "message_echoes",
        "mention",
    },
    "group": {"posts", "comments", "membership"},
    "user": {"status", "events"},
    "workplace_security": {"admin_activity"},
    "link": {"preview", "collection"},
}
VERSION = "v13.0"
OK = 200


async def show(call: Call) -> Reply:
    """Answer `GET /{app}/subscriptions`."""
    return Reply.of({"data": [_described(one) for one in _own_app(call).subscriptions.values()]})


async def change(call: Call) -> Reply:
    """Answer `POST /{app}/subscriptions`: replaces callback and fields of one topic."""
    app = _own_app(call)
    names = parameters.names(call.params.get("fields"))
    await subscribe(
        call.sender,
        app,
        topic=str(call.params.get("object")),
        url=str(call.params.get("callback_url")),
        verify_token=str(call.params.get("verify_token", "")),
        names=names,
    )
    call.record.accepted = True
    return Reply.of({"success": True})


async def remove(call: Call) -> Reply:
    """Answer `DELETE /{app}/subscriptions`: some fields of a topic, a topic, or all."""
    app, topic = _own_app(call), call.params.get("object")
    if topic is None:
        app.subscriptions.clear()
    elif subscription := app.subscriptions.get(str(topic)):
        names = parameters.names(call.params.get("fields"))
        subscription.fields = [one for one in subscription.fields if names and one not in names]
        if not subscription.fields:
            del app.subscriptions[subscription.topic]
    call.record.accepted = True
    return Reply.of({"success": True})


async def subscribe_page(call: Call) -> Reply:
    """Answer `POST /me/subscribed_apps`: switches page events on for the app."""
    call.install.subscribed = True
    return Reply.of({"success": True})


async def show_page(call: Call) -> Reply:
    """Answer `GET /me/subscribed_apps`."""
    app = call.install.app
    apps = [{"id": app.app_id, "name": app.name}] if call.install.subscribed else []
    return Reply.of({"data": apps})


async def unsubscribe_page(call: Call) -> Reply:
    """Answer `DELETE /me/subscribed_apps`."""
    call.install.subscribed = False
    return Reply.of({"success": True})


async def subscribe(
    sender: Sender, app: App, *, topic: str, url: str, verify_token: str, names: list[str]
) -> None:
    """Ask the callback to echo a challenge, and store the subscription only if it does."""
    if topic not in FIELDS:
        raise bad_parameter(f"param object must be one of {{{', '.join(FIELDS)}}}.")
    if not url.startswith(("http://", "https://")):
        raise bad_parameter("param callback_url must be a URL.")
    if not names or not set(names) <= FIELDS[topic]:
        raise bad_parameter(f"param fields must be a list of {', '.join(sorted(FIELDS[topic]))}.")
    challenge = str(secrets.randbelow(10**10))
    status, body = await sender.challenge(url, verify_token, challenge)
    if status != OK or body != challenge:
        raise GraphError(2200, _failure(status))
    app.subscriptions[topic] = Subscription(topic, url, verify_token, names)


def _failure(status: int) -> str:
    why = f"HTTP Status Code = {status}" if status else "no answer"
    if status == OK:
        why = "the challenge was not echoed"
    return f"(#2200) Callback verification failed with the following errors: {why}"


def _own_app(call: Call) -> App:
    if call.app is None or call.has_install:
        raise GraphError(15, "(#15) This method must be called with an app access_token.")
    return call.app


def _described(subscription: Subscription) -> dict[str, Any]:
    return {
        "object": subscription.topic,
        "callback_url": subscription.callback_url,
        "active": subscription.disabled_at is None,
        "fields": [{"name": name, "version": VERSION} for name in subscription.fields],
    }
