"""The install dialog: a System Admin lets a third-party app into a community, or does not."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.pages import Form, read_form, render, see_other
from sandbox.state import STATE
from sandbox.workplace import oauth
from sandbox.workplace.records import App, Community, Install, Kind
from sandbox.workplace.world import WORLD

PATHS = ("/dialog/work/app_install", r"/{version:v\d+\.\d+}/dialog/work/app_install")
CANCELLED = {
    "error": "access_denied",
    "error_code": "200",
    "error_description": "Permissions error",
    "error_reason": "user_denied",
}


async def show(request: web.Request) -> web.Response:
    """Answer `GET /dialog/work/app_install/?app_id=…&redirect_uri=…&state=…`."""
    world, values = request.app[WORLD], request.query
    app = _app(request, values)
    context: dict[str, Any] = {
        "app": app,
        "permissions": _permissions(app, values),
        "redirect_uri": _redirect_uri(app, values),
        "state": values.get("state"),
        "page_name": values.get("suggested_page_name", app.name),
        "chosen": values.get("community", ""),
        "started_here": "started_here" in values,
        "communities": [
            (community, world.live_install(app, community) is not None)
            for community in world.communities.values()
        ],
    }
    return render("workplace/install.html", context, form_to=[context["redirect_uri"]])


async def decide(request: web.Request) -> web.Response:
    """Answer the dialog's form: install or not, then back to the app."""
    fields = await read_form(request)
    app = _app(request, fields)
    redirect_uri = _redirect_uri(app, fields)
    answer = {"state": fields["state"]} if "state" in fields else {}
    if fields.get("decision") != "install":
        raise see_other(with_query(redirect_uri, CANCELLED | answer))
    community = _community(request, fields)
    permissions = _permissions(app, fields)
    install = request.app[WORLD].install(
        app,
        community,
        permissions=permissions,
        page_name=fields.get("page_name", "").strip(),
    )
    if "started_here" in fields:
        address = f"{request.app[STATE].web_url}/work/admin/{community.community_id}/"
        answer["redirect_uri"] = address
    raise see_other(redirect_with_code(request, install, redirect_uri, answer))


def redirect_with_code(
    request: web.Request, install: Install, redirect_uri: str, answer: dict[str, str]
) -> str:
    """Return the app's redirect address with a new code and what else the app is told."""
    code = oauth.issue(request.app[WORLD], install, redirect_uri)
    return with_query(redirect_uri, {"code": code.code} | answer)


def with_query(url: str, values: dict[str, str]) -> str:
    """Return an address with further query parameters."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *values.items()])
    return urlunsplit(parts._replace(query=query))


def _app(request: web.Request, values: Form) -> App:
    app = request.app[WORLD].apps.get(values.get("app_id", ""))
    if app is None or app.kind is not Kind.THIRD_PARTY:
        raise web.HTTPBadRequest(text="There is no third-party app with this app_id.")
    return app


def _redirect_uri(app: App, values: Form) -> str:
    """Return where to go afterwards: only an address the app registered, to the letter."""
    if not app.redirect_uris:
        raise web.HTTPBadRequest(text="The app has registered no redirect address.")
    redirect_uri = values.get("redirect_uri", app.redirect_uris[0])
    if redirect_uri not in app.redirect_uris:
        raise web.HTTPBadRequest(text="redirect_uri is not one the app registered.")
    return redirect_uri


def _permissions(app: App, values: Form) -> list[str]:
    asked = [
        value
        for name in values
        if name == "permissions" or name.startswith("permissions[")
        for value in values.getall(name)
    ]
    asked = list(dict.fromkeys(asked)) or app.permissions
    if not set(asked) <= set(app.permissions):
        raise web.HTTPBadRequest(text="The app asks for permissions it was not reviewed for.")
    return asked


def _community(request: web.Request, values: Form) -> Community:
    community = request.app[WORLD].communities.get(values.get("community", ""))
    if community is None:
        raise web.HTTPBadRequest(text="Choose a community.")
    return community


def setup(app: web.Application) -> None:
    """Add the dialog at the paths of the real host, with and without closing slash."""
    for path in PATHS:
        for end in ("", "/"):
            app.router.add_get(path + end, show)
            app.router.add_post(path + end, decide)
