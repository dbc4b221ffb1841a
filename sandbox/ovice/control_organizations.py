"""The control API's organizations; a change tells the relay."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object
from sandbox.ovice import events
from sandbox.ovice.control import CHANGED, NEW, PREFIX, assign, organization_in, told
from sandbox.ovice.lookup import organization_of
from sandbox.ovice.reading import FILLED, FLAG, TEXT, checked
from sandbox.ovice.records import Organization
from sandbox.ovice.world import OVICE, Ovice, new_number

ORGANIZATION = {"name": FILLED, "plan": TEXT, "feature_enabled": FLAG}


def describe(ovice: Ovice, organization: Organization) -> dict[str, Any]:
    """Return an organization with its spaces and people, visitors included."""
    url = ovice.settings.ovice_url
    return {
        **events.describe_organization(organization),
        "generation": organization.generation,
        "spaces": [events.describe_space(s, url) for s in organization.spaces.values()],
        "people": [events.describe_member(organization, p) for p in organization.people.values()],
        "groups": [vars(group) for group in organization.groups.values()],
    }


async def list_organizations(request: web.Request) -> web.Response:
    """Answer `GET …/organizations`: everything, organization by organization."""
    ovice = request.app[OVICE]
    return web.json_response({"data": [describe(ovice, o) for o in ovice.organizations.values()]})


async def create_organization(request: web.Request) -> web.Response:
    """Answer `POST …/organizations` with `{"name", "id"?, "plan"?, "feature_enabled"?}`."""
    ovice = request.app[OVICE]
    values = checked(await read_object(request), ORGANIZATION | NEW, required=["name"])
    organization = Organization(
        values.get("id", new_number(4, ovice.organizations.get)), values["name"]
    )
    if organization.organization_id in ovice.organizations:
        raise ControlError("There is an organization with that id already.")
    assign(organization, values)
    happened = ovice.add_organization(organization)
    described = events.describe_organization(organization)
    return await told(request, organization, happened, values, **described)


async def change_organization(request: web.Request) -> web.Response:
    """Answer `PATCH …/organizations/{id}` with new values."""
    organization = organization_in(request)
    values = checked(await read_object(request), ORGANIZATION | CHANGED)
    assign(organization, values)
    happened = request.app[OVICE].told_organization(organization)
    described = events.describe_organization(organization)
    return await told(request, organization, happened, values, **described)


async def remove_organization(request: web.Request) -> web.Response:
    """Answer `DELETE …/organizations/{id}` with `{"reason"?}`."""
    organization = organization_in(request)
    values = checked(await read_object(request), {"reason": TEXT, "announce": FLAG})
    reason = values.get("reason", "contract_ended")
    happened = request.app[OVICE].remove_organization(organization, reason)
    return await told(request, organization, happened, values)


async def announce(request: web.Request) -> web.Response:
    """Answer `POST …/announce` with `{"organization"}`: tell the relay all of it anew."""
    values = checked(
        await read_object(request), {"organization": FILLED}, required=["organization"]
    )
    organization = organization_of(request.app[OVICE], values["organization"])
    return await told(request, organization, request.app[OVICE].introduce(organization))


async def ping(request: web.Request) -> web.Response:
    """Answer `POST …/ping` with `{"organization", "note"?}`: send `connector.ping`."""
    known = {"organization": FILLED, "note": TEXT}
    values = checked(await read_object(request), known, required=["organization"])
    organization = organization_of(request.app[OVICE], values["organization"])
    data = events.ping(organization, values.get("note", "connection test"))
    return await told(request, organization, [("connector.ping", data)])


def setup(app: web.Application) -> None:
    """Add the routes."""
    router = app.router
    router.add_get(f"{PREFIX}/organizations", list_organizations)
    router.add_post(f"{PREFIX}/organizations", create_organization)
    router.add_patch(f"{PREFIX}/organizations/{{organization}}", change_organization)
    router.add_delete(f"{PREFIX}/organizations/{{organization}}", remove_organization)
    router.add_post(f"{PREFIX}/announce", announce)
    router.add_post(f"{PREFIX}/ping", ping)
