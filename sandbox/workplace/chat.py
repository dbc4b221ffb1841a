"""Work Chat: what a member sees of the bots, and how the member answers."""

from typing import Any

from aiohttp import web

from sandbox.pages import read_form, render, see_other
from sandbox.workplace.acts import ACTS
from sandbox.workplace.records import Install, Member, Thread
from sandbox.workplace.world import WORLD, World

LONGEST_TEXT = 20000
SHOWN_MESSAGES = 100


async def people(request: web.Request) -> web.Response:
    """Answer `GET /chat/`: choose who to be."""
    return render("workplace/people.html", {"communities": request.app[WORLD].communities.values()})


async def conversations(request: web.Request) -> web.Response:
    """Answer `GET /chat/{member}`: the member's chats, last written first, and bots to write to."""
    world, member = request.app[WORLD], _member(request)
    context = {"member": member, "threads": _threads(world, member), "bots": _bots(world, member)}
    return render("workplace/conversations.html", context)


async def begin(request: web.Request) -> web.Response:
    """Answer `POST /chat/{member}/with/{page}`: open the chat with a bot."""
    world, member = request.app[WORLD], _member(request)
    for install in _bots(world, member):
        if install.page_id == request.match_info["page"]:
            raise see_other(_address(member, world.direct_thread(install, member)))
    raise web.HTTPNotFound(text="This member cannot find such a bot.")


async def conversation(request: web.Request) -> web.Response:
    """Answer `GET /chat/{member}/{thread}`: one chat."""
    world, thread, member = request.app[WORLD], _thread(request), _member(request)
    profile = thread.install.profile
    context: dict[str, Any] = {
        "member": member,
        "thread": thread,
        "messages": list(thread.messages)[-SHOWN_MESSAGES:],
        "clock": world.clock,
        "is_typing": thread.typing_until > world.clock.now(),
        "is_open": thread.install.uninstalled_at is None,
        "is_blocked": thread.install.page_id in member.blocked_pages,
        "started": profile.get("get_started") if not thread.messages else None,
        "greeting": _localized(profile.get("greeting"), member).get("text"),
        "menu": _localized(profile.get("persistent_menu"), member).get("call_to_actions", []),
        "address": _address(member, thread),
    }
    return render("workplace/conversation.html", context)


async def answer(request: web.Request) -> web.Response:
    """Answer the forms of a chat: a text, a quick reply, a tap, block and unblock."""
    form, thread, member = await read_form(request), _thread(request), _member(request)
    acts, address = request.app[ACTS], _address(_member(request), _thread(request))
    if thread.install.uninstalled_at is not None:
        raise web.HTTPBadRequest(text="The bot was removed.")
    title, payload = form.get("title", ""), form.get("payload", "")
    match form.get("act"):
        case "tap":
            acts.tap(thread, member, title, payload)
        case "choose":
            acts.choose(thread, member, title, payload)
        case "block" | "unblock" as act:
            acts.block(thread, member, blocked=act == "block")
        case _ if text := form.get("text", "").strip()[:LONGEST_TEXT]:
            acts.write(thread, member, text.replace("\r\n", "\n"))
    raise see_other(address)


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


def _address(member: Member, thread: Thread) -> str:
    return f"/chat/{member.member_id}/{thread.thread_id}"


def _threads(world: World, member: Member) -> list[Thread]:
    mine = [thread for thread in world.threads.values() if member in thread.members]
    return sorted(mine, key=_last_written, reverse=True)


def _last_written(thread: Thread) -> float:
    return thread.messages[-1].created_at if thread.messages else 0.0


def _bots(world: World, member: Member) -> list[Install]:
    """Return the bots the member can find: one without the permission is not to be found."""
    return [i for i in world.installs_in(member.community) if "message" in i.permissions]


def _localized(entries: Any, member: Member) -> dict[str, Any]:
    by_locale = {entry.get("locale"): entry for entry in entries or []}
    found: dict[str, Any] = by_locale.get(member.locale) or by_locale.get("default") or {}
    return found


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get("/chat/", people)
    app.router.add_get("/chat/{member}", conversations)
    app.router.add_post("/chat/{member}/with/{page}", begin)
    app.router.add_get("/chat/{member}/{thread}", conversation)
    app.router.add_post("/chat/{member}/{thread}", answer)
