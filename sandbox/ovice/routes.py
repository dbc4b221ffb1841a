"""Puts the pretend ovice together: its state, its endpoints and its pages."""

from dataclasses import asdict

from aiohttp import web

from sandbox.ovice import (
    connector,
    control_directory,
    control_launch,
    control_messages,
    control_organizations,
    control_tools,
    integrations_page,
    organization_forms,
    organization_page,
    space_page,
)
from sandbox.ovice.connector import CALLBACKS, Callbacks
from sandbox.ovice.desk import DESK, Desk
from sandbox.ovice.following import FOLLOWED, Followed
from sandbox.ovice.launch import LaunchKeys
from sandbox.ovice.launching import LAUNCH_KEYS
from sandbox.ovice.outbox import OUTBOX, Outbox
from sandbox.ovice.sender import SENDER, Sender
from sandbox.ovice.settings import OviceSettings
from sandbox.ovice.world import OVICE, Ovice
from sandbox.state import STATE

PARTS = (
    connector,
    control_directory,
    control_launch,
    control_messages,
    control_organizations,
    control_tools,
    integrations_page,
    organization_forms,
    organization_page,
    space_page,
)


def setup(site: web.Application, graph: web.Application) -> None:
    """Add everything to `site`; the Graph API has nothing of ovice's."""
    del graph
    state = site[STATE]
    settings = OviceSettings.from_environment()
    given = asdict(settings)
    outbox = Outbox(state.settings.keep)
    sender = Sender(state, settings, outbox)
    ovice = Ovice(settings)
    site[OVICE], site[OUTBOX], site[SENDER] = ovice, outbox, sender
    site[LAUNCH_KEYS] = LaunchKeys()
    site[CALLBACKS] = callbacks = Callbacks(state.settings.keep)
    site[FOLLOWED] = Followed(state.live)
    site[DESK] = Desk(state, settings, sender)

    def forget() -> None:
        sender.forget()
        ovice.clear()
        outbox.clear()
        callbacks.clear()
        vars(settings).update(given)

    state.on_reset.append(forget)
    for part in PARTS:
        part.setup(site)
