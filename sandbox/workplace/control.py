"""The control API's communities and custom integrations, and how requests name things."""

import re
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object, text
from sandbox.workplace.records import App, Community, Install, Kind, Member
from sandbox.workplace.world import MINIMAL_PERMISSIONS, WORLD, World

PREFIX = "/control/workplace"
LONGEST_ID = 40
ID = re.compile(f"[0-9]{{1,{LONGEST_ID}}}")


def community_of(world: World, community_id: Any) -> Community:
    """Return a community by id, or say that there is none."""
    community = world.communities.get(str(community_id))
    if community is None:
        raise ControlError(f"There is no community {community_id!r}.")
    return community


def member_of(world: World, member_id: Any) -> Member:
    """Return a member by global id, or say that there is none."""
    member = world.members.get(str(member_id))
    if member is None:
        raise ControlError(f"There is no member {member_id!r}.")
    return member


def install_of(world: World, page_id: Any) -> Install:
    """Return a live install by its page, or say that there is none."""
    for install in world.installs:
        if install.page_id == str(page_id) and install.uninstalled_at is None:
            return install
    raise ControlError(f"There is no installed integration with page {page_id!r}.")


def texts(values: dict[str, Any], name: str, default: list[str]) -> list[str]:
    """Return a list of text, or the default when the name is missing."""
    value = values.get(name, default)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ControlError(f"{name} must be a list of text.")
    return value


def flag(values: dict[str, Any], name: str, *, default: bool) -> bool:
    """Return a true or false value."""
    value = values.get(name, default)
    if not isinstance(value, bool):
        raise ControlError(f"{name} must be true or false.")
    return value


def assign(record: App | Install | Member, given: dict[str, Any]) -> None:
    """Set fields of a record, once all that a request gives has been read and found good."""
    for name, value in given.items():
        setattr(record, name, value)


def describe_install(install: Install) -> dict[str, Any]:
    """Return an integration with its secrets, as its maker gets them once."""
    return {
        "app_id": install.app.app_id,
        "app_secret": install.app.secret,
        "access_token": install.token,
        "page_id": install.page_id,
        "install_id": install.install_id,
        "community_id": install.community.community_id,
    }


async def create_community(request: web.Request) -> web.Response:
    """Answer `POST …/communities` with `{"name", "id"?}`."""
    world, values = request.app[WORLD], await read_object(request)
    community_id = text(values, "id", "")
    if community_id and not ID.fullmatch(community_id):
        raise ControlError(f"id must be decimal digits, at most {LONGEST_ID}.")
    if community_id in world.communities:
        raise ControlError(f"There is a community {community_id!r} already.")
    community = world.create_community(text(values, "name"), community_id)
    return web.json_response({"id": community.community_id, "name": community.name}, status=201)


async def list_communities(request: web.Request) -> web.Response:
    """Answer `GET …/communities`."""
    world = request.app[WORLD]
    rows = [{"id": c.community_id, "name": c.name} for c in world.communities.values()]
    return web.json_response({"data": rows})


async def create_integration(request: web.Request) -> web.Response:
    """Answer `POST …/communities/{id}/integrations` with `{"name", "permissions"?, …}`."""
    world, values = request.app[WORLD], await read_object(request)
    community = community_of(world, request.match_info["community"])
    permissions = texts(values, "permissions", MINIMAL_PERMISSIONS)
    require_proof = flag(values, "require_proof", default=False)
    app = world.create_app(text(values, "name"), Kind.CUSTOM)
    install = world.install(app, community, permissions=permissions, require_proof=require_proof)
    return web.json_response(describe_install(install), status=201)


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get(f"{PREFIX}/communities", list_communities)
    router.add_post(f"{PREFIX}/communities", create_community)
    router.add_post(f"{PREFIX}/communities/{{community}}/integrations", create_integration)
