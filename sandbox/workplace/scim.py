"""SCIM 2.0 look-up of members: `/scim/Users?filter=userName eq "…"`."""

import re
from typing import Any

from sandbox.workplace.call import Call
from sandbox.workplace.errors import NOT_FOUND, GraphError
from sandbox.workplace.records import Member
from sandbox.workplace.replies import Reply

FILTER = re.compile(r'\s*(userName|externalId)\s+eq\s+"([^"]*)"\s*', re.IGNORECASE)
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
STATUS = "urn:ietf:params:scim:schemas:extension:facebook:accountstatusdetails:2.0:User"
PAGE_SIZE, LARGEST_PAGE = 10, 100
NUMBER = re.compile(r"[0-9]{1,9}")


async def users(call: Call) -> Reply:
    """Answer `GET /scim/Users`, with `filter`, `startIndex` and `count`."""
    _require(call)
    found = [member for member in _visible(call) if _matches(member, call.params.get("filter"))]
    start = max(1, _number(call, "startIndex", 1))
    count = min(_number(call, "count", PAGE_SIZE), LARGEST_PAGE)
    shown = found[start - 1 : start - 1 + count]
    answer = {
        "schemas": [MESSAGES + "ListResponse"],
        "totalResults": len(found),
        "itemsPerPage": len(shown),
        "startIndex": start,
        "Resources": [_described(call, member) for member in shown],
    }
    return Reply.of(answer)


async def user(call: Call) -> Reply:
    """Answer `GET /scim/Users/{id}`."""
    _require(call)
    member = call.world.member_by_scoped_id(call.install, call.segments[-1])
    if member is None:
        raise GraphError(100, "Resource not found", status=NOT_FOUND)
    return Reply.of(_described(call, member))


async def configuration(call: Call) -> Reply:
    """Answer `GET /scim/ServiceProviderConfigs`."""
    _require(call)
    supported = {"patch": False, "bulk": False, "sort": False, "etag": False, "filter": True}
    answer = {name: {"supported": value} for name, value in supported.items()}
    return Reply.of({"schemas": [MESSAGES + "ServiceProviderConfig"], **answer})


def refused(error: GraphError) -> Reply:
    """Return a refusal in SCIM's own envelope."""
    body = {"schemas": [MESSAGES + "Error"], "status": str(error.status), "detail": error.message}
    return Reply.of(body, error.status)


def _require(call: Call) -> None:
    call.require("manage_accounts", "Requires the permission to manage accounts.")


def _visible(call: Call) -> list[Member]:
    return [m for m in call.install.community.members if call.install.sees(m)]


def _matches(member: Member, wanted: Any) -> bool:
    if wanted is None:
        return True
    match = FILTER.fullmatch(str(wanted))
    if match is None:
        raise GraphError(100, 'Only userName eq "…" and externalId eq "…" are supported')
    if match[1].casefold() == "username":
        return member.email.casefold() == match[2].casefold()
    return member.details.get("external_id", "") == match[2]


def _number(call: Call, name: str, default: int) -> int:
    given = str(call.params.get(name, default))
    if not NUMBER.fullmatch(given):
        raise GraphError(100, f"{name} must be a number")
    return int(given)


def _described(call: Call, member: Member) -> dict[str, Any]:
    return {
        "schemas": [CORE, STATUS],
        "id": call.world.scoped_id(call.install, member),
        "userName": member.email,
        "externalId": member.details.get("external_id"),
        "name": {"formatted": member.name},
        "active": member.deactivated_at is None,
        "locale": member.locale,
        "preferredLanguage": member.locale,
        STATUS: {
            "invited": True,
            "inviteDate": int(member.invited_at),
            "claimed": member.claimed_at is not None,
        },
    }
