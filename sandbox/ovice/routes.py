"""The routes of the pretend ovice."""

from aiohttp import web


def setup(web: web.Application, graph: web.Application) -> None:
    """Add the pages and endpoints of the pretend ovice."""
