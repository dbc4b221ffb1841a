"""Organization settings, for owners: the external-service tile, spaces and people."""

from typing import Any

from aiohttp import web

from sandbox.ovice import visit
from sandbox.ovice.outbox import OUTBOX, Attempt
from sandbox.ovice.records import ROLES, Organization, Person, Space
from sandbox.ovice.relay_link import ask_connection
from sandbox.ovice.visit import Visit
from sandbox.ovice.world import OVICE
from sandbox.pages import render
from sandbox.state import STATE

FORBIDDEN = 403
SHOWN_ATTEMPTS = 8


def owner_visit(request: web.Request) -> tuple[Organization, Visit, bool]:
    """Return the organization of the path, the visit, and whether an owner makes it."""
    organization = visit.organization_in(request)
    looked = visit.begin(request, organization, list(organization.people.values()))
    return organization, looked, bool(looked.viewer and looked.viewer.role == "owner")


async def organization_page(request: web.Request) -> web.Response:
    """Answer `GET /ovice/organizations/{organization}/settings?as=&edit=`."""
    organization, looked, is_owner = owner_visit(request)
    people = list(organization.people.values())
    if not is_owner:
        context = looked.context(people=people)
        return render("ovice/owners_only.html", context, status=FORBIDDEN)
    reply, connection = await ask_connection(
        request.app[STATE], request.app[OVICE].settings, organization.organization_id
    )
    context = looked.context(
        people=people,
        roles=ROLES,
        reply=reply,
        connection=connection,
        attempts=_latest(request, organization),
        **_edited(request, organization),
    )
    return render("ovice/organization.html", context)


def _edited(request: web.Request, organization: Organization) -> dict[str, Any]:
    """Return the space or person that `?edit=` names, as `space:ID` or `person:ID`."""
    kind, _, wanted = request.query.get("edit", "").partition(":")
    person: Person | None = organization.people.get(wanted) if kind == "person" else None
    space: Space | None = organization.spaces.get(wanted) if kind == "space" else None
    return {"edited_person": person, "edited_space": space}


def _latest(request: web.Request, organization: Organization) -> list[Attempt]:
    mine = [
        attempt
        for attempt in request.app[OUTBOX].attempts
        if attempt.organization_id == organization.organization_id
    ]
    return mine[: -SHOWN_ATTEMPTS - 1 : -1]


def setup(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get("/ovice/organizations/{organization}/settings", organization_page)
