"""The dashboard's pages of one integration: create, token shown once, proof, webhooks, removal."""

from typing import Any

from aiohttp import web

from sandbox.pages import Form, read_form, render, see_other
from sandbox.workplace import removal, subscriptions
from sandbox.workplace.authentication import is_idle
from sandbox.workplace.dashboard import HOME, ROOT, community_of, required
from sandbox.workplace.errors import GraphError
from sandbox.workplace.graph import PLATFORM
from sandbox.workplace.records import Install, Kind
from sandbox.workplace.world import WORLD

PAGE = HOME + "integrations/{page}"
LABELS = {
    "message": "Send messages to members",
    "read_user_email": "Read user email address",
}
WEBHOOK_FIELDS = ("messages", "messaging_postbacks", "message_echoes", "message_deliveries")


async def create(request: web.Request) -> web.Response:
    """Answer the form that makes a custom integration; its token waits to be shown once."""
    form, community = await read_form(request), community_of(request)
    world = request.app[WORLD]
    app = world.create_app(required(form.get("name"), "a name"), Kind.CUSTOM)
    install = world.install(app, community, permissions=_chosen(form, []))
    world.unseen_tokens.add(install.page_id)
    raise see_other(_address(install))


async def show(request: web.Request) -> web.Response:
    """Answer the page of one integration."""
    return _page(request, _install(request))


async def act(request: web.Request) -> web.Response:
    """Answer the page's buttons."""
    install, form = _install(request), await read_form(request)
    acts = {
        "token": _show_token,
        "reset": _reset,
        "rights": _rights,
        "reactivate": _reactivate,
        "uninstall": _uninstall,
    }
    name = request.match_info["act"]
    if name == "webhooks":
        return await _subscribe(request, install, form)
    if name not in acts:
        raise web.HTTPNotFound(text="There is no such button.")
    return acts[name](request, install, form)


def _show_token(request: web.Request, install: Install, form: Form) -> web.Response:
    """Show the token: once, and only to who has understood that."""
    unseen = request.app[WORLD].unseen_tokens
    if install.page_id not in unseen or "understood" not in form:
        raise see_other(_address(install))
    unseen.discard(install.page_id)
    return _page(request, install, token=install.token)


def _reset(request: web.Request, install: Install, form: Form) -> web.Response:
    del form
    request.app[WORLD].reset_token(install)
    request.app[WORLD].unseen_tokens.add(install.page_id)
    raise see_other(_address(install))


def _rights(request: web.Request, install: Install, form: Form) -> web.Response:
    """Save what a custom integration may do, and whether it must prove its secret."""
    if install.app.kind is Kind.CUSTOM:
        install.require_proof = "require" in form
        install.permissions = _chosen(form, install.permissions)
        request.app[WORLD].announce(install.community)
    raise see_other(_address(install))


def _chosen(form: Form, former: list[str]) -> list[str]:
    """Return the ticked permissions, and those of before that the page has no box for."""
    ticked = form.getall("permissions", [])
    return [name for name in LABELS if name in ticked] + [n for n in former if n not in LABELS]


def _reactivate(request: web.Request, install: Install, form: Form) -> web.Response:
    """Bring back a custom integration that was deactivated because nobody used it."""
    del form
    install.last_called_at = request.app[WORLD].clock.now()
    raise see_other(_address(install))


def _uninstall(request: web.Request, install: Install, form: Form) -> web.Response:
    del form
    removal.uninstall(request.app[WORLD], request.app[PLATFORM].sender, install)
    raise see_other(f"{ROOT}/{install.community.community_id}/")


async def _subscribe(request: web.Request, install: Install, form: Form) -> web.Response:
    if install.app.kind is not Kind.CUSTOM:
        raise web.HTTPBadRequest(text="A third-party app subscribes through the API.")
    try:
        await subscriptions.subscribe(
            request.app[PLATFORM].sender,
            install.app,
            topic="page",
            url=form.get("callback_url", ""),
            verify_token=form.get("verify_token", ""),
            names=form.getall("fields", []),
        )
    except GraphError as error:
        return _page(request, install, problem=error.message)
    raise see_other(_address(install))


def _page(
    request: web.Request, install: Install, *, token: str = "", problem: str = ""
) -> web.Response:
    world = request.app[WORLD]
    context: dict[str, Any] = {
        "install": install,
        "is_idle": is_idle(install, world.clock.now(), world.behaviour.idle_days),
        "community": install.community,
        "labels": LABELS,
        "fields": WEBHOOK_FIELDS,
        "subscription": install.app.subscriptions.get("page"),
        "token_waits": install.page_id in world.unseen_tokens,
        "token": token,
        "problem": problem,
        "is_custom": install.app.kind is Kind.CUSTOM,
        "address": _address(install),
    }
    return render("workplace/integration.html", context, status=400 if problem else 200)


def _install(request: web.Request) -> Install:
    for install in request.app[WORLD].installs_in(community_of(request)):
        if install.page_id == request.match_info["page"]:
            return install
    raise web.HTTPNotFound(text="There is no such integration.")


def _address(install: Install) -> str:
    return f"{ROOT}/{install.community.community_id}/integrations/{install.page_id}"


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_post(HOME + "integrations", create)
    app.router.add_get(PAGE, show)
    app.router.add_post(PAGE + "/{act}", act)
