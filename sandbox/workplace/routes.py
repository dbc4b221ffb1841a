"""The routes of the pretend Workplace."""

from aiohttp import web

from sandbox.state import STATE
from sandbox.workplace import chat, control, control_traffic, graph
from sandbox.workplace.calls import CALLS, Calls
from sandbox.workplace.faults import FAULTS, Faults
from sandbox.workplace.usage import USAGES, Usages
from sandbox.workplace.world import WORLD, World


def setup(site: web.Application, graph_app: web.Application) -> None:
    """Add the Graph API to `graph_app`, the pages and control endpoints to `site`."""
    state = site[STATE]
    world = World(state.clock, state.live, state.settings.keep)
    calls, faults, usages = Calls(state.settings.keep), Faults(), Usages()
    for app in (site, graph_app):
        app[WORLD], app[CALLS], app[FAULTS], app[USAGES] = world, calls, faults, usages
    graph_app[graph.PIPELINE] = graph.Pipeline(faults, usages)

    def forget() -> None:
        world.clear()
        calls.clear()
        faults.remove()
        usages.entries = []

    state.on_reset.append(forget)
    control.setup(site)
    control_traffic.setup(site)
    chat.setup(site)
    graph_app.router.add_route("*", "/{path:.*}", graph.handle)
