"""Puts the pretend ovice together: its state, its endpoints and its pages."""

from aiohttp import web

from sandbox.ovice import control, control_messages, space_page
from sandbox.ovice.desk import DESK, Desk
from sandbox.ovice.outbox import OUTBOX, Outbox
from sandbox.ovice.sender import SENDER, Sender
from sandbox.ovice.settings import OviceSettings
from sandbox.ovice.world import OVICE, Ovice
from sandbox.state import STATE


def setup(site: web.Application, graph: web.Application) -> None:
    """Add everything to `site`; the Graph API has nothing of ovice's."""
    del graph
    state = site[STATE]
    settings = OviceSettings.from_environment()
    outbox = Outbox(state.settings.keep)
    sender = Sender(state, settings, outbox)
    ovice = Ovice(settings)
    site[OVICE], site[OUTBOX], site[SENDER] = ovice, outbox, sender
    site[DESK] = Desk(state, settings, sender)

    def forget() -> None:
        sender.forget()
        ovice.clear()
        outbox.clear()

    state.on_reset.append(forget)
    for part in (control, control_messages, space_page):
        part.setup(site)
