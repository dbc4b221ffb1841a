"""Lists with paging: a community's members, former members, and a bot's group chats."""

from collections.abc import Callable

from sandbox.workplace import nodes, paging, parameters, selection, threads
from sandbox.workplace.call import Call
from sandbox.workplace.records import Member
from sandbox.workplace.replies import Reply


async def members(call: Call) -> Reply:
    """Answer `GET /community/members`: who is active."""
    return _members(call, lambda member: member.deactivated_at is None)


async def former_members(call: Call) -> Reply:
    """Answer `GET /community/former_members`: who was deactivated."""
    return _members(call, lambda member: member.deactivated_at is not None)


async def organization_members(call: Call) -> Reply:
    """Answer `GET /community/organization_members`; `inactive=1` shows the deactivated."""
    inactive = parameters.flag(call.params.get("inactive"), default=False)
    return _members(call, lambda member: (member.deactivated_at is not None) == inactive)


async def bot_threads(call: Call) -> Reply:
    """Answer `GET /me/threads`: the group chats the bot is in."""
    mine = [
        thread
        for thread in call.world.threads.values()
        if thread.install is call.install and thread.is_group
    ]
    fields = selection.wanted(call.params, "id")
    return paging.page(
        call, [nodes.pick(threads.describe(call, thread), fields) for thread in mine]
    )


def _members(call: Call, wanted: Callable[[Member], bool]) -> Reply:
    nodes.require_community(call)
    fields = selection.wanted(call.params, nodes.DEFAULT_FIELDS)
    install = call.install
    people = [m for m in install.community.members if wanted(m) and install.sees(m)]
    return paging.page(call, [nodes.member_fields(call, member, fields) for member in people])
