"""The control API's people and places: communities, members, apps, integrations, installs."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object, text
from sandbox.workplace.records import Community, Install, Kind, Member
from sandbox.workplace.world import MINIMAL_PERMISSIONS, WORLD, World

PREFIX = "/control/workplace"
DETAILS = ("title", "department", "division", "organization", "primary_phone", "external_id")


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


def describe_member(world: World, member: Member) -> dict[str, Any]:
    """Return a member with the id each installed app knows the person by."""
    scoped = {
        install.page_id: world.scoped_id(install, member)
        for install in world.installs_in(member.community)
    }
    return {
        "id": member.member_id,
        "community_id": member.community.community_id,
        "name": member.name,
        "email": member.email,
        "locale": member.locale,
        "claimed": member.claimed_at is not None,
        "active": member.deactivated_at is None,
        "blocked_pages": sorted(member.blocked_pages),
        "app_scoped_ids": scoped,
    }


async def create_community(request: web.Request) -> web.Response:
    """Answer `POST …/communities` with `{"name", "id"?}`."""
    world, values = request.app[WORLD], await read_object(request)
    community_id = text(values, "id", "")
    if community_id and not (community_id.isascii() and community_id.isdecimal()):
        raise ControlError("id must be decimal digits.")
    if community_id in world.communities:
        raise ControlError(f"There is a community {community_id!r} already.")
    community = world.create_community(text(values, "name"), community_id)
    return web.json_response({"id": community.community_id, "name": community.name}, status=201)


async def list_communities(request: web.Request) -> web.Response:
    """Answer `GET …/communities`."""
    world = request.app[WORLD]
    rows = [{"id": c.community_id, "name": c.name} for c in world.communities.values()]
    return web.json_response({"data": rows})


async def create_member(request: web.Request) -> web.Response:
    """Answer `POST …/communities/{id}/members` with `{"name", "email", "locale"?, "claimed"?}`."""
    world, values = request.app[WORLD], await read_object(request)
    community = community_of(world, request.match_info["community"])
    email = text(values, "email")
    if "@" not in email:
        raise ControlError("email must be an address.")
    if world.member_by_email(community, email):
        raise ControlError("This community has a member with that email already.")
    member = world.create_member(
        community,
        name=text(values, "name"),
        email=email,
        locale=text(values, "locale", "en_US"),
        claimed=flag(values, "claimed", default=True),
        details={name: text(values, name) for name in DETAILS if name in values},
    )
    return web.json_response(describe_member(world, member), status=201)


async def list_members(request: web.Request) -> web.Response:
    """Answer `GET …/communities/{id}/members`."""
    world = request.app[WORLD]
    community = community_of(world, request.match_info["community"])
    rows = [describe_member(world, member) for member in community.members]
    return web.json_response({"data": rows})


async def change_member(request: web.Request) -> web.Response:
    """Answer `PATCH …/members/{id}`: email, name, locale, claimed, active, blocks and unblocks."""
    world, values = request.app[WORLD], await read_object(request)
    member = member_of(world, request.match_info["member"])
    now = world.clock.now()
    if "email" in values:
        email = text(values, "email")
        if world.member_by_email(member.community, email) not in (None, member):
            raise ControlError("This community has a member with that email already.")
        member.email = email
    member.name = text(values, "name", member.name)
    member.locale = text(values, "locale", member.locale)
    if "active" in values:
        member.deactivated_at = None if flag(values, "active", default=True) else now
    if "claimed" in values:
        member.claimed_at = now if flag(values, "claimed", default=True) else None
    if "blocks" in values:
        member.blocked_pages.add(install_of(world, values["blocks"]).page_id)
    if "unblocks" in values:
        member.blocked_pages.discard(text(values, "unblocks"))
    return web.json_response(describe_member(world, member))


async def create_integration(request: web.Request) -> web.Response:
    """Answer `POST …/communities/{id}/integrations` with `{"name", "permissions"?, …}`."""
    world, values = request.app[WORLD], await read_object(request)
    community = community_of(world, request.match_info["community"])
    app = world.create_app(text(values, "name"), Kind.CUSTOM)
    install = world.install(
        app,
        community,
        permissions=texts(values, "permissions", MINIMAL_PERMISSIONS),
        require_proof=flag(values, "require_proof", default=False),
    )
    return web.json_response(describe_install(install), status=201)


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get(f"{PREFIX}/communities", list_communities)
    router.add_post(f"{PREFIX}/communities", create_community)
    router.add_get(f"{PREFIX}/communities/{{community}}/members", list_members)
    router.add_post(f"{PREFIX}/communities/{{community}}/members", create_member)
    router.add_patch(f"{PREFIX}/members/{{member}}", change_member)
    router.add_post(f"{PREFIX}/communities/{{community}}/integrations", create_integration)
