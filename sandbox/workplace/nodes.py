"""Reads of members, bots, apps, communities and threads."""

from typing import Any

from sandbox.workplace import parameters, selection, threads
from sandbox.workplace.call import Call
from sandbox.workplace.errors import (
    GraphError,
    bad_parameter,
    missing_permission,
    no_such_alias,
    no_such_object,
)
from sandbox.workplace.records import App, Install, Member
from sandbox.workplace.replies import Reply
from sandbox.workplace.selection import Field

DEFAULT_FIELDS = "id,name"
MOST_IDS = 50
WORK_PROFILE = ("title", "department", "division", "organization", "primary_phone", "external_id")
COMMUNITY_PERMISSIONS = frozenset({"read_group", "manage_group"})


async def me(call: Call) -> Reply:
    """Answer `GET /me`: the bot's page."""
    return Reply.of(pick(_page(call.install), _wanted(call)))


async def app(call: Call) -> Reply:
    """Answer `GET /app`."""
    if call.app is None:
        raise no_such_object("app")
    return Reply.of(pick(_app(call.app), _wanted(call)))


async def community(call: Call) -> Reply:
    """Answer `GET /community`, with `install` when asked for."""
    return Reply.of(_community(call, _wanted(call)))


async def node(call: Call) -> Reply:
    """Answer `GET /{id}` and `GET /{e-mail address}`."""
    return Reply.of(read(call, call.segments[0], _wanted(call)))


async def several(call: Call) -> Reply:
    """Answer `GET /?ids=a,b`: an object keyed by the ids as asked; one bad id fails the call."""
    asked = parameters.names(call.params.get("ids"))
    if not asked:
        raise bad_parameter("The parameter ids is required.")
    if len(asked) > MOST_IDS:
        raise bad_parameter(f"Too many IDs. Maximum: {MOST_IDS}. Provided: {len(asked)}.")
    fields = _wanted(call)
    return Reply.of({one: read(call, one, fields) for one in asked})


def read(call: Call, asked: str, fields: dict[str, Field]) -> dict[str, Any]:
    """Return one object the install may see, by id, by login address, or as `me` and the like."""
    install = call.install
    if asked in ("me", install.page_id):
        return pick(_page(install), fields)
    if asked in ("app", install.app.app_id):
        return pick(_app(install.app), fields)
    if asked in ("community", "company", install.community.community_id):
        return _community(call, fields)
    if asked.startswith("t_"):
        return pick(threads.describe(call, threads.of(call, asked)), fields)
    return member_fields(call, _member(call, asked), fields)


def member_fields(call: Call, member: Member, fields: dict[str, Field]) -> dict[str, Any]:
    """Return a member as the install may see it: fields without permission are left out."""
    install = call.install
    values: dict[str, Any] = _names(member) | {
        "id": call.world.scoped_id(install, member),
        "locale": member.locale,
        "name_format": "{first} {last}",
        "active": member.deactivated_at is None,
        "account_invite_time": call.world.clock.iso(member.invited_at),
    }
    if member.claimed_at is not None:
        values["account_claim_time"] = call.world.clock.iso(member.claimed_at)
    if member.deactivated_at is not None:
        values["account_deactivate_time"] = call.world.clock.iso(member.deactivated_at)
    if "read_user_email" in install.permissions:
        values["email"] = member.email
    if "read_user_work_profile" in install.permissions:
        values |= {key: value for key, value in member.details.items() if key in WORK_PROFILE}
    return pick(values, fields)


def require_community(call: Call) -> None:
    """Refuse a look at the community, if so chosen, to who may not read or manage groups."""
    allowed = COMMUNITY_PERMISSIONS.intersection(call.install.permissions)
    if call.world.behaviour.community_needs_permission and not allowed:
        raise missing_permission("Requires the permission to read or manage groups.")


def pick(values: dict[str, Any], fields: dict[str, Field]) -> dict[str, Any]:
    """Return the wanted fields that are there; `id` always is."""
    chosen = {
        name: _nested(values[name], field) for name, field in fields.items() if name in values
    }
    if "id" in values:
        chosen["id"] = values["id"]
    return chosen


def _nested(value: Any, field: Field) -> Any:
    if not field.inner:
        return value
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return value | {"data": [pick(item, field.inner) for item in value["data"]]}
    return pick(value, field.inner) if isinstance(value, dict) else value


def _wanted(call: Call) -> dict[str, Field]:
    return selection.wanted(call.params, DEFAULT_FIELDS)


def _member(call: Call, asked: str) -> Member:
    member = _find(call, asked)
    hidden = call.world.behaviour.deactivated_lookup == "hidden"
    if member is None or (hidden and member.deactivated_at is not None):
        raise _not_found(call, asked)
    return member


def _find(call: Call, asked: str) -> Member | None:
    if "@" in asked:
        member = call.world.member_by_email(call.install.community, asked)
        return member if member and call.install.sees(member) else None
    return call.world.member_by_scoped_id(call.install, asked)


def _not_found(call: Call, asked: str) -> GraphError:
    if asked.isdecimal():
        return no_such_object(asked)
    return no_such_alias(asked, call.world.behaviour.unknown_email_status)


def _page(install: Install) -> dict[str, Any]:
    return {"id": install.page_id, "name": install.page_name}


def _app(app: App) -> dict[str, Any]:
    return {"id": app.app_id, "name": app.name}


def _community(call: Call, fields: dict[str, Field]) -> dict[str, Any]:
    require_community(call)
    install = call.install
    values = {
        "id": install.community.community_id,
        "name": install.community.name,
        "is_community": True,
        "install": {
            "id": install.install_id,
            "install_type": "COMMUNITY",
            # Seen in another letter case than documented; a client has to compare without it.
            "permissions": [permission.upper() for permission in install.permissions],
        },
    }
    return pick(values, fields)


def _names(member: Member) -> dict[str, str]:
    first, _, last = member.name.partition(" ")
    return {"name": member.name, "first_name": first, "last_name": last}
