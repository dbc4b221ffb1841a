"""Work Chat: what a member sees of the bots, and how the member answers."""

from typing import Any

from aiohttp import web

from sandbox.pages import render
from sandbox.workplace.records import Member, Thread
from sandbox.workplace.world import WORLD, World


async def people(request: web.Request) -> web.Response:
    """Answer `GET /chat/`: choose who to be."""
    return render("workplace/people.html", {"communities": request.app[WORLD].communities.values()})


async def conversations(request: web.Request) -> web.Response:
    """Answer `GET /chat/{member}`: the member's chats, last written first."""
    world = request.app[WORLD]
    member = _member(request)
    context = {"member": member, "threads": _threads(world, member), "bots": _bots(world, member)}
    return render("workplace/conversations.html", context)


async def conversation(request: web.Request) -> web.Response:
    """Answer `GET /chat/{member}/{thread}`: one chat."""
    world, thread = request.app[WORLD], _thread(request)
    context: dict[str, Any] = {
        "member": _member(request),
        "thread": thread,
        "clock": world.clock,
        "is_typing": thread.typing_until > world.clock.now(),
    }
    return render("workplace/conversation.html", context)


def _member(request: web.Request) -> Member:
    member = request.app[WORLD].members.get(request.match_info["member"])
    if member is None:
        raise web.HTTPNotFound(text="There is no such member.")
    return member


def _thread(request: web.Request) -> Thread:
    thread = request.app[WORLD].threads.get(request.match_info["thread"])
    if thread is None or _member(request) not in thread.members:
        raise web.HTTPNotFound(text="There is no such chat.")
    return thread


def _threads(world: World, member: Member) -> list[Thread]:
    mine = [thread for thread in world.threads.values() if member in thread.members]
    return sorted(mine, key=_last_written, reverse=True)


def _last_written(thread: Thread) -> float:
    return thread.messages[-1].created_at if thread.messages else 0.0


def _bots(world: World, member: Member) -> list[dict[str, str]]:
    """Return the bots the member can find: without the permission a bot is not to be found."""
    return [
        {"page_id": install.page_id, "name": install.page_name}
        for install in world.installs_in(member.community)
        if "message" in install.permissions
    ]


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get("/chat/", people)
    app.router.add_get("/chat/{member}", conversations)
    app.router.add_get("/chat/{member}/{thread}", conversation)
