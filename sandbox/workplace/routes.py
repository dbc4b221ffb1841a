"""The routes of the pretend Workplace."""

from aiohttp import web

from sandbox.state import STATE
from sandbox.workplace import (
    chat,
    control,
    control_apps,
    control_members,
    control_traffic,
    dashboard,
    dialog,
    graph,
    integration_pages,
    member_pages,
)
from sandbox.workplace.acts import ACTS, Acts
from sandbox.workplace.call import Platform
from sandbox.workplace.calls import CALLS, Calls
from sandbox.workplace.faults import FAULTS, Faults
from sandbox.workplace.pipeline import Pipeline
from sandbox.workplace.usage import USAGES, Usages
from sandbox.workplace.webhooks import Sender
from sandbox.workplace.world import WORLD, World


def setup(site: web.Application, graph_app: web.Application) -> None:
    """Add the Graph API to `graph_app`, the pages and control endpoints to `site`."""
    state = site[STATE]
    world = World(state.clock, state.live, state.settings.keep)
    calls, faults, usages, sender = Calls(state.settings.keep), Faults(), Usages(), Sender(state)
    platform = Platform(state, world, sender, calls, Pipeline(faults, usages))
    graph_app[graph.PLATFORM] = site[graph.PLATFORM] = platform
    site[WORLD], site[CALLS], site[FAULTS], site[USAGES] = world, calls, faults, usages
    site[ACTS] = Acts(world, sender)

    def forget() -> None:
        world.clear()
        calls.clear()
        faults.remove()
        sender.clear()
        usages.entries = []

    state.on_reset.append(forget)
    controls = (control, control_members, control_traffic, control_apps)
    for part in (*controls, dialog, dashboard, integration_pages, member_pages, chat):
        part.setup(site)
    graph_app.router.add_route("*", "/{path:.*}", graph.handle)
