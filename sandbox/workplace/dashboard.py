"""The company dashboard: communities, members, and the list of integrations."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.pages import read_form, render, see_other
from sandbox.state import STATE
from sandbox.workplace.records import Community, Kind, Member
from sandbox.workplace.world import MINIMAL_PERMISSIONS, WORLD

ROOT = "/work/admin"
HOME = ROOT + "/{community}/"


async def communities(request: web.Request) -> web.Response:
    """Answer `GET /work/admin/`; with `section=apps&app_id=` it leads to the install dialog."""
    if request.query.get("section") == "apps" and "app_id" in request.query:
        kept = {name: request.query[name] for name in ("app_id", "state") if name in request.query}
        raise web.HTTPFound(f"/dialog/work/app_install/?{urlencode(kept)}")
    world = request.app[WORLD]
    context = {"communities": world.communities.values(), "apps": third_party_apps(request)}
    return render("workplace/communities.html", context | {"relay": request.app[STATE].relay_url})


async def create_community(request: web.Request) -> web.Response:
    """Answer the form that makes a community."""
    form = await read_form(request)
    community = request.app[WORLD].create_community(required(form.get("name"), "a name"))
    raise see_other(f"{ROOT}/{community.community_id}/")


async def create_app(request: web.Request) -> web.Response:
    """Answer the form that registers a third-party app."""
    form = await read_form(request)
    app = request.app[WORLD].create_app(required(form.get("name"), "a name"), Kind.THIRD_PARTY)
    app.redirect_uris = [required(form.get("redirect_uri"), "a redirect address")]
    app.deauthorize_url = form.get("deauthorize_url", "").strip()
    app.permissions = list(MINIMAL_PERMISSIONS)
    raise see_other(f"{ROOT}/")


async def home(request: web.Request) -> web.Response:
    """Answer `GET /work/admin/{community}/`: integrations, apps to install, members."""
    world, community = request.app[WORLD], community_of(request)
    installs = world.installs_in(community)
    installed = [install.app for install in installs]
    context: dict[str, Any] = {
        "community": community,
        "installs": installs,
        "available": [app for app in third_party_apps(request) if app not in installed],
        "root": f"{ROOT}/{community.community_id}/",
    }
    return render("workplace/dashboard.html", context)


async def create_member(request: web.Request) -> web.Response:
    """Answer the form that adds a member."""
    form, community = await read_form(request), community_of(request)
    email = required(form.get("email"), "an address")
    require_free(request, community, email)
    request.app[WORLD].create_member(
        community,
        name=required(form.get("name"), "a name"),
        email=email,
        locale=form.get("locale", "en_US"),
        claimed="unclaimed" not in form,
    )
    raise see_other(f"{ROOT}/{community.community_id}/#members")


def third_party_apps(request: web.Request) -> list[Any]:
    """Return the apps that can be installed in any community."""
    return [app for app in request.app[WORLD].apps.values() if app.kind is Kind.THIRD_PARTY]


def community_of(request: web.Request) -> Community:
    """Return the community the address names."""
    community = request.app[WORLD].communities.get(request.match_info["community"])
    if community is None:
        raise web.HTTPNotFound(text="There is no such community.")
    return community


def required(value: str | None, what: str) -> str:
    """Return a form's text without blanks around it, or refuse the form."""
    if not value or not value.strip():
        raise web.HTTPBadRequest(text=f"Please give {what}.")
    return value.strip()


def require_free(
    request: web.Request, community: Community, email: str, owner: Member | None = None
) -> None:
    """Refuse an address that is none, or that somebody else in the community has."""
    taken_by = request.app[WORLD].member_by_email(community, email)
    if "@" not in email or taken_by not in (None, owner):
        raise web.HTTPBadRequest(text="The address is not one, or somebody here has it already.")


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get(ROOT + "/", communities)
    app.router.add_get(ROOT, communities)
    app.router.add_post(ROOT + "/communities", create_community)
    app.router.add_post(ROOT + "/apps", create_app)
    app.router.add_get(HOME, home)
    app.router.add_post(HOME + "members", create_member)
