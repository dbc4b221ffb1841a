"""The page of a space: its people and the chat pane with `@` mentions."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.ovice import mentions, visit
from sandbox.ovice.arrivals import Arrivals
from sandbox.ovice.desk import DESK
from sandbox.ovice.following import follow
from sandbox.ovice.records import ChatMessage
from sandbox.ovice.visit import Visit
from sandbox.ovice.world import OVICE
from sandbox.pages import read_form, render, see_other


@dataclass(frozen=True)
class Line:
    """A message as one person sees it."""

    message: ChatMessage
    is_mine: bool
    arrived_after: float | None


async def spaces(request: web.Request) -> web.Response:
    """Answer `GET /ovice/`: all spaces to choose from."""
    looked = visit.begin(request, None, [])
    organizations = request.app[OVICE].organizations.values()
    return render("ovice/spaces.html", looked.context(organizations=organizations))


async def space_page(request: web.Request) -> web.Response:
    """Answer `GET /ovice/spaces/{space}?as=&lang=&to=`: the space as one person sees it."""
    space = visit.space_in(request)
    looked = visit.begin(request, space.organization, space.people)
    to = request.query.get("to", "")
    context = looked.context(
        space=space,
        lines=_lines(request, looked),
        handles=[t.handle for t in mentions.targets(space) if t.kind != "user"],
        prefill=f"@{to} " if to else "",
    )
    return render("ovice/space.html", context)


def _lines(request: web.Request, looked: Visit) -> list[Line]:
    viewer = looked.viewer
    if viewer is None:
        return []
    arrivals = Arrivals.of(request)
    lines = []
    for message in visit.space_in(request).chat:
        if message.visible_to(viewer):
            arrived = arrivals.seconds_after(message.event) if message.event else None
            if message.event and arrived is None:
                follow(request, message.event)
            lines.append(Line(message, message.sender is viewer, arrived))
    return lines


async def write(request: web.Request) -> web.Response:
    """Answer `POST /ovice/spaces/{space}/chat?as=` with a form's `text`."""
    space = visit.space_in(request)
    looked = visit.begin(request, space.organization, space.people)
    text = (await read_form(request)).get("text", "").replace("\r\n", "\n").strip()
    if text and looked.viewer:
        await request.app[DESK].say(space, looked.viewer, text)
    raise see_other(looked.link(f"/ovice/spaces/{space.space_id}"))


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get("/ovice/", spaces)
    app.router.add_get("/ovice/spaces/{space}", space_page)
    app.router.add_post("/ovice/spaces/{space}/chat", write)
