"""The routes of the pretend Workplace."""

from aiohttp import web


def setup(site: web.Application, graph: web.Application) -> None:
    """Add the Graph API to `graph` and the pages and control endpoints to `site`."""
    del site, graph
