"""Builds the two applications of the sandbox around one shared state."""

from dataclasses import dataclass

from aiohttp import web

import sandbox.ovice.routes
import sandbox.workplace.routes
from sandbox import control, live, pages
from sandbox.settings import Settings
from sandbox.state import STATE, State

LARGEST_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Applications:
    """The Graph API and the pages, to be served on a port each."""

    graph: web.Application
    web: web.Application
    state: State


def build(settings: Settings) -> Applications:
    """Make both applications; nothing listens yet."""
    state = State(settings)
    graph = web.Application(client_max_size=LARGEST_BODY_BYTES)
    site = web.Application(
        client_max_size=LARGEST_BODY_BYTES,
        middlewares=[pages.refuse_foreign_forms, control.explain_errors],
    )
    for app in (graph, site):
        app[STATE] = state
        app[live.LIVE] = state.live
    site.router.add_get("/live", live.stream)
    pages.setup(site)
    control.setup(site)
    sandbox.ovice.routes.setup(site, graph)
    sandbox.workplace.routes.setup(site, graph)
    return Applications(graph, site, state)
