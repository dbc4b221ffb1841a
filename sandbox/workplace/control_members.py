"""The control API's members: make, list and change people."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object, text
from sandbox.workplace.control import (
    PREFIX,
    assign,
    community_of,
    flag,
    install_of,
    member_of,
)
from sandbox.workplace.records import Community, Member
from sandbox.workplace.world import WORLD, World

DETAILS = ("title", "department", "division", "organization", "primary_phone", "external_id")


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


async def create_members(request: web.Request) -> web.Response:
    """Answer `POST …/communities/{id}/members` with `{"name", "email", "locale"?, "claimed"?}`.

    `{"members": [{…}, …]}` makes many at once and is answered with `{"data": [{…}, …]}`.
    """
    world, values = request.app[WORLD], await read_object(request)
    community = community_of(world, request.match_info["community"])
    if "members" not in values:
        member = world.create_member(community, **_read(world, community, values, set()))
        return web.json_response(describe_member(world, member), status=201)
    wanted = values["members"]
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise ControlError("members must be a list of objects.")
    taken: set[str] = set()
    read = [_read(world, community, one, taken) for one in wanted]
    made = [world.create_member(community, **values) for values in read]
    rows = [describe_member(world, member) for member in made]
    return web.json_response({"data": rows}, status=201)


def _read(
    world: World, community: Community, values: dict[str, Any], taken: set[str]
) -> dict[str, Any]:
    """Return a new member's parts; `taken` holds the addresses of the same request."""
    email = _free_email(world, community, values)
    if email.casefold() in taken:
        raise ControlError("Two of the members have one email.")
    taken.add(email.casefold())
    return {
        "name": text(values, "name"),
        "email": email,
        "locale": text(values, "locale", "en_US"),
        "claimed": flag(values, "claimed", default=True),
        "details": {name: text(values, name) for name in DETAILS if name in values},
    }


def _free_email(
    world: World, community: Community, values: dict[str, Any], owner: Member | None = None
) -> str:
    email = text(values, "email")
    if "@" not in email:
        raise ControlError("email must be an address.")
    if world.member_by_email(community, email) not in (None, owner):
        raise ControlError("This community has a member with that email already.")
    return email


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
    now, email = world.clock.now(), member.email
    given: dict[str, Any] = {
        "name": text(values, "name", member.name),
        "locale": text(values, "locale", member.locale),
    }
    if "email" in values:
        email = _free_email(world, member.community, values, member)
    if "active" in values:
        given["deactivated_at"] = None if flag(values, "active", default=True) else now
    if "claimed" in values:
        given["claimed_at"] = now if flag(values, "claimed", default=True) else None
    blocked = set(member.blocked_pages)
    if "blocks" in values:
        blocked.add(install_of(world, values["blocks"]).page_id)
    if "unblocks" in values:
        blocked.discard(text(values, "unblocks"))
    assign(member, given | {"blocked_pages": blocked})
    world.rename_email(member, email)
    return web.json_response(describe_member(world, member))


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get(f"{PREFIX}/communities/{{community}}/members", list_members)
    router.add_post(f"{PREFIX}/communities/{{community}}/members", create_members)
    router.add_patch(f"{PREFIX}/members/{{member}}", change_member)
