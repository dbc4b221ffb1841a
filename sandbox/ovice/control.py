"""Base of the pretend ovice's control requests: the path, and telling the relay."""

from typing import Any

from aiohttp import web

from sandbox.ovice.desk import DESK
from sandbox.ovice.lookup import organization_of
from sandbox.ovice.reading import FILLED, FLAG
from sandbox.ovice.records import Organization, Person, Space
from sandbox.ovice.world import OVICE, Told

PREFIX = "/control/ovice"
# `id` is given or made; with `announce` false the relay is not told.
NEW = {"id": FILLED, "announce": FLAG}
CHANGED = {"announce": FLAG}


def organization_in(request: web.Request) -> Organization:
    """Return the organization that the path names."""
    return organization_of(request.app[OVICE], request.match_info["organization"])


def assign(record: Organization | Space | Person, values: dict[str, Any]) -> None:
    """Set the fields of a record that `values` names."""
    for name in values.keys() & vars(record).keys():
        setattr(record, name, values[name])


async def told(
    request: web.Request,
    organization: Organization,
    happened: Told,
    values: dict[str, Any] | None = None,
    **shown: Any,
) -> web.Response:
    """Tell the relay what happened, unless asked not to, and answer with the events."""
    announce = (values or {}).get("announce", True)
    desk = request.app[DESK]
    if not announce:
        desk.refresh(organization.organization_id)
    sent = await desk.tell(organization.organization_id, happened) if announce else []
    status = 201 if request.method == "POST" else 200
    return web.json_response({**shown, "events": [e.shown() for e in sent]}, status=status)
