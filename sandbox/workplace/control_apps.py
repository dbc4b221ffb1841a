"""The control API's apps: third-party apps, installs, tokens, webhooks, acts of members."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, listed, number, read_object, text, whole
from sandbox.state import STATE
from sandbox.workplace import dialog, removal, subscriptions
from sandbox.workplace.acts import ACTS
from sandbox.workplace.control import (
    ID,
    PREFIX,
    assign,
    community_of,
    describe_install,
    flag,
    install_of,
    member_of,
    texts,
)
from sandbox.workplace.control_traffic import checked, describe_message
from sandbox.workplace.errors import GraphError
from sandbox.workplace.graph import PLATFORM
from sandbox.workplace.records import App, Install, Kind
from sandbox.workplace.signing import ENCODINGS
from sandbox.workplace.webhooks import Change, SenderSettings
from sandbox.workplace.world import MINIMAL_PERMISSIONS, WORLD, World


async def create_app(request: web.Request) -> web.Response:
    """Answer `POST …/apps`: a third-party app, by default with the relay's addresses."""
    world, values = request.app[WORLD], await read_object(request)
    app_id, relay = text(values, "app_id", ""), request.app[STATE].relay_url
    if app_id in world.apps or (app_id and not ID.fullmatch(app_id)):
        raise ControlError("app_id must be decimal digits no other app has.")
    given = {
        "redirect_uris": texts(values, "redirect_uris", [f"{relay}/workplace/callback"]),
        "deauthorize_url": text(values, "deauthorize_url", f"{relay}/workplace/deauthorize"),
        "permissions": texts(values, "permissions", MINIMAL_PERMISSIONS),
        "deauthorize_encoding": _encoding(None, values),
    }
    name, secret = text(values, "name"), text(values, "app_secret", "")
    app = world.create_app(name, Kind.THIRD_PARTY, app_id, secret)
    assign(app, given)
    return web.json_response(_describe_app(app), status=201)


async def change_app(request: web.Request) -> web.Response:
    """Answer `PATCH …/apps/{app}`: addresses, permissions, encoding, secret."""
    app, values = _app(request), await read_object(request)
    given = {
        "redirect_uris": texts(values, "redirect_uris", app.redirect_uris),
        "deauthorize_url": text(values, "deauthorize_url", app.deauthorize_url),
        "permissions": texts(values, "permissions", app.permissions),
        "secret": text(values, "app_secret", app.secret),
        "deauthorize_encoding": _encoding(app, values),
    }
    assign(app, given)
    return web.json_response(_describe_app(app))


async def install_app(request: web.Request) -> web.Response:
    """Answer `POST …/communities/{id}/installs` with `{"app_id"}`: as the dialog does.

    The answer has the install, and `code` and `redirect_to` as the dialog would send them.
    """
    world, values = request.app[WORLD], await read_object(request)
    community = community_of(world, request.match_info["community"])
    app = _known_app(world, text(values, "app_id"))
    redirect_uri = text(values, "redirect_uri", app.redirect_uris[0] if app.redirect_uris else "")
    answer = {"state": text(values, "state")} if "state" in values else {}
    install = world.install(
        app,
        community,
        permissions=texts(values, "permissions", app.permissions),
        page_name=text(values, "page_name", ""),
    )
    address = dialog.redirect_with_code(request, install, redirect_uri, answer)
    code = next(reversed(world.codes))
    made = describe_install(install) | {"code": code, "redirect_to": address}
    return web.json_response(made, status=201)


async def change_install(request: web.Request) -> web.Response:
    """Answer `PATCH …/installs/{page}`: require_proof, permissions, scope, reactivate.

    `scope` is a list of global member ids, or null for everybody. `reactivate` brings back a
    custom integration that was deactivated because nobody used it.
    """
    world, values = request.app[WORLD], await read_object(request)
    install = install_of(world, request.match_info["page"])
    given: dict[str, Any] = {
        "require_proof": flag(values, "require_proof", default=install.require_proof),
        "permissions": texts(values, "permissions", install.permissions),
    }
    if flag(values, "reactivate", default=False):
        given["last_called_at"] = world.clock.now()
    if "scope" in values:
        chosen = None if values["scope"] is None else texts(values, "scope", [])
        scope = None if chosen is None else {member_of(world, m).member_id for m in chosen}
        given["scope"] = scope
    assign(install, given)
    world.announce(install.community)
    return web.json_response(describe_install(install))


async def uninstall(request: web.Request) -> web.Response:
    """Answer `DELETE …/installs/{page}`: the token dies; a third-party app is told."""
    install = _install(request)
    removal.uninstall(request.app[WORLD], request.app[PLATFORM].sender, install)
    return web.json_response({"uninstalled": install.page_id})


async def reset_token(request: web.Request) -> web.Response:
    """Answer `POST …/installs/{page}/reset-token`: a new token, the old one dies."""
    install = _install(request)
    request.app[WORLD].reset_token(install)
    return web.json_response(describe_install(install))


async def subscribe(request: web.Request) -> web.Response:
    """Answer `POST …/installs/{page}/webhooks`: `{"callback_url", "verify_token", "fields"}`."""
    install, values = _install(request), await read_object(request)
    try:
        await subscriptions.subscribe(
            request.app[PLATFORM].sender,
            install.app,
            topic=text(values, "object", "page"),
            url=text(values, "callback_url"),
            verify_token=text(values, "verify_token"),
            names=texts(values, "fields", ["messages", "messaging_postbacks"]),
        )
    except GraphError as error:
        raise ControlError(error.message) from None
    return web.json_response({"success": True})


async def deauthorize(request: web.Request) -> web.Response:
    """Answer `POST …/apps/{app}/deauthorize`: an uninstall call by hand, also a forged one.

    `payload` is signed as given; `secret` and `encoding` replace the app's own, this once;
    nothing is uninstalled.
    """
    app, values = _app(request), await read_object(request)
    payload = values.get("payload")
    if not isinstance(payload, dict):
        raise ControlError("payload must be an object.")
    sender, encoding = request.app[PLATFORM].sender, _encoding(app, values)
    secret = text(values, "secret", app.secret)
    signed = removal.deauthorize(sender, app, payload, secret, encoding)
    return web.json_response({"signed_request": signed})


async def act(request: web.Request) -> web.Response:
    """Answer `POST …/chat` with `{"member", "page", "text" | "payload" | "read"}`.

    `payload` taps a button; with `"quick_reply": true` it chooses a quick reply. `title` is the
    button's text. `thread` names a group chat instead of `page`.
    """
    world, values, acts = request.app[WORLD], await read_object(request), request.app[ACTS]
    member = member_of(world, values.get("member"))
    if "thread" in values:
        thread = world.threads.get(str(values["thread"]))
        if thread is None or member not in thread.members:
            raise ControlError("The member is in no such chat.")
    else:
        install = install_of(world, values.get("page"))
        if install.community is not member.community or "message" not in install.permissions:
            raise ControlError("The member cannot find this bot.")
        thread = world.direct_thread(install, member)
    if flag(values, "read", default=False):
        acts.read(thread, member)
        return web.json_response({"read": True})
    if "payload" not in values:
        message = acts.write(thread, member, text(values, "text"))
    else:
        carry_out = acts.choose if flag(values, "quick_reply", default=False) else acts.tap
        title = text(values, "title", text(values, "payload"))
        message = carry_out(thread, member, title, text(values, "payload"))
    return web.json_response(describe_message(world, message), status=201)


async def set_sender(request: web.Request) -> web.Response:
    """Answer `PUT …/webhooks`: signatures, retries, duplicates, batch, hold, reverse, delay …"""
    sender, values = request.app[PLATFORM].sender, await read_object(request)
    delays = values.pop("retry_seconds", sender.settings.retry_seconds)
    if not isinstance(delays, list):
        raise ControlError("retry_seconds must be a list of numbers.")
    steps = [number({"retry_seconds": delay}, "retry_seconds") for delay in delays]
    if any(step < 0 for step in steps):
        raise ControlError("retry_seconds must not be negative.")
    merged = asdict(sender.settings) | checked(SenderSettings, values) | {"retry_seconds": steps}
    sender.settings = SenderSettings(**merged)
    return web.json_response(asdict(sender.settings))


async def send_change(request: web.Request) -> web.Response:
    """Answer `POST …/changes` with `{"page", "topic"?, "field", "value", "id"?}`.

    There are no posts or groups here, so a test says what the change holds. The community is
    filled in, as text: in changes the platform gave its id so.
    """
    world, values = request.app[WORLD], await read_object(request)
    install, value = install_of(world, values.get("page")), values.get("value")
    if not isinstance(value, dict):
        raise ControlError("value must be an object.")
    change = Change(
        text(values, "field"), {"community": {"id": install.community.community_id}} | value
    )
    topic, entry_id = text(values, "topic", "page"), text(values, "id", install.page_id)
    sender = request.app[PLATFORM].sender
    return web.json_response({"sent": sender.emit_change(install.app, topic, entry_id, change)})


async def list_attempts(request: web.Request) -> web.Response:
    """Answer `GET …/webhooks?after=N`: every attempt to reach an app, in order."""
    after = whole(request.query.get("after", "0"), "after")
    return listed(request.app[PLATFORM].sender.shown(after))


async def show_sender(request: web.Request) -> web.Response:
    """Answer `GET …/webhooks/under-way`: how many posts are not yet delivered or given up."""
    return web.json_response({"posts": request.app[PLATFORM].sender.under_way})


async def flush(request: web.Request) -> web.Response:
    """Answer `POST …/webhooks/flush`: send what was held back."""
    sender = request.app[PLATFORM].sender
    sent = sum(sender.flush(app) for app in request.app[WORLD].apps.values())
    return web.json_response({"events": sent})


def _app(request: web.Request) -> App:
    return _known_app(request.app[WORLD], request.match_info["app"])


def _known_app(world: World, app_id: str) -> App:
    app = world.apps.get(app_id)
    if app is None or app.kind is not Kind.THIRD_PARTY:
        raise ControlError(f"There is no third-party app {app_id!r}.")
    return app


def _install(request: web.Request) -> Install:
    return install_of(request.app[WORLD], request.match_info["page"])


def _encoding(app: App | None, values: dict[str, Any]) -> str:
    encoding = text(values, "encoding", app.deauthorize_encoding if app else ENCODINGS[0])
    if encoding not in ENCODINGS:
        raise ControlError(f"encoding must be one of {', '.join(ENCODINGS)}.")
    return encoding


def _describe_app(app: App) -> dict[str, Any]:
    return {
        "app_id": app.app_id,
        "app_secret": app.secret,
        "name": app.name,
        "redirect_uris": app.redirect_uris,
        "deauthorize_url": app.deauthorize_url,
        "permissions": app.permissions,
        "encoding": app.deauthorize_encoding,
    }


def setup(app: web.Application) -> None:
    """Add the routes."""
    router, page = app.router, f"{PREFIX}/installs/{{page}}"
    router.add_post(f"{PREFIX}/apps", create_app)
    router.add_patch(f"{PREFIX}/apps/{{app}}", change_app)
    router.add_post(f"{PREFIX}/apps/{{app}}/deauthorize", deauthorize)
    router.add_post(f"{PREFIX}/communities/{{community}}/installs", install_app)
    router.add_patch(page, change_install)
    router.add_delete(page, uninstall)
    router.add_post(page + "/reset-token", reset_token)
    router.add_post(page + "/webhooks", subscribe)
    router.add_post(f"{PREFIX}/chat", act)
    router.add_post(f"{PREFIX}/changes", send_change)
    router.add_get(f"{PREFIX}/webhooks", list_attempts)
    router.add_put(f"{PREFIX}/webhooks", set_sender)
    router.add_post(f"{PREFIX}/webhooks/flush", flush)
    router.add_get(f"{PREFIX}/webhooks/under-way", show_sender)
