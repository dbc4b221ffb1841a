"""Uninstalls: the token dies, and a third-party app is told by a signed call."""

from typing import Any

from sandbox.workplace.records import App, Install, Kind
from sandbox.workplace.signing import signed_request
from sandbox.workplace.webhooks import Sender
from sandbox.workplace.world import World


def uninstall(world: World, sender: Sender, install: Install) -> None:
    """End an install and tell its app, if it is a third-party app; a custom one is not told."""
    world.uninstall(install)
    app = install.app
    if app.kind is Kind.THIRD_PARTY and app.deauthorize_url:
        payload: dict[str, Any] = {
            "algorithm": "HMAC-SHA256",
            "issued_at": int(world.clock.now()),
            "community_id": install.community.community_id,
        }
        if install.community.members:
            payload["user_id"] = world.scoped_id(install, install.community.members[0])
        deauthorize(sender, app, payload, app.secret, app.deauthorize_encoding)


def deauthorize(
    sender: Sender, app: App, payload: dict[str, Any], secret: str, encoding: str
) -> str:
    """Call an app's deauthorization callback with a signed payload; return the signed text."""
    text = signed_request(secret, payload, encoding)
    sender.post_form(app, app.deauthorize_url, {"signed_request": text})
    return text
