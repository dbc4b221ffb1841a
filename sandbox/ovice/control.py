"""The control API's organizations, spaces, people and groups; a change tells the relay."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object
from sandbox.ovice import events
from sandbox.ovice.desk import DESK
from sandbox.ovice.lookup import organization_of, person_of, space_of
from sandbox.ovice.reading import (
    FILLED,
    FLAG,
    TEXT,
    TEXTS,
    checked,
    none_or,
    one_of,
)
from sandbox.ovice.records import DM_FEATURE, ROLES, Group, Organization, Person, Space
from sandbox.ovice.world import OVICE, Ovice, Told, new_number

PREFIX = "/control/ovice"
ORGANIZATION = {"name": FILLED, "plan": TEXT, "feature_enabled": FLAG}
SPACE = {"name": FILLED, "domain": FILLED, "rooms": TEXTS, "dm_feature": one_of(DM_FEATURE)}
PERSON = {
    "name": FILLED,
    "email": none_or(FILLED),
    "email_verified": FLAG,
    "role": one_of(ROLES),
    "locale": FILLED,
    "space_ids": none_or(TEXTS),
}
GROUP = {"handle": FILLED, "people": TEXTS}
# `id` is given or made; with `announce` false the relay is not told.
NEW = {"id": FILLED, "announce": FLAG}


def organization_in(request: web.Request) -> Organization:
    """Return the organization that the path names."""
    return organization_of(request.app[OVICE], request.match_info["organization"])


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


async def list_organizations(request: web.Request) -> web.Response:
    """Answer `GET …/organizations`: everything, organization by organization."""
    ovice = request.app[OVICE]
    return web.json_response({"data": [describe(ovice, o) for o in ovice.organizations.values()]})


async def create_organization(request: web.Request) -> web.Response:
    """Answer `POST …/organizations` with `{"name", "id"?, "plan"?, "feature_enabled"?}`."""
    ovice = request.app[OVICE]
    values = checked(await read_object(request), ORGANIZATION | NEW, required=["name"])
    organization = Organization(values.get("id", new_number(4)), values["name"])
    if organization.organization_id in ovice.organizations:
        raise ControlError("There is an organization with that id already.")
    _set(organization, values)
    happened = ovice.add_organization(organization)
    described = events.describe_organization(organization)
    return await told(request, organization, happened, values, **described)


async def change_organization(request: web.Request) -> web.Response:
    """Answer `PATCH …/organizations/{id}` with new values."""
    organization = organization_in(request)
    values = checked(await read_object(request), ORGANIZATION | {"announce": FLAG})
    _set(organization, values)
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


async def create_space(request: web.Request) -> web.Response:
    """Answer `POST …/spaces` with `{"name", "domain"?, "id"?, "rooms"?, "dm_feature"?}`."""
    ovice, organization = request.app[OVICE], organization_in(request)
    values = checked(await read_object(request), SPACE | NEW, required=["name"])
    space_id = values.get("id", new_number(3))
    if ovice.space(space_id):
        raise ControlError("There is a space with that id already.")
    space = Space(space_id, organization, values["name"], values.get("domain", f"space-{space_id}"))
    _set(space, values)
    described = events.describe_space(space, ovice.settings.ovice_url)
    return await told(request, organization, ovice.add_space(space), values, **described)


async def change_space(request: web.Request) -> web.Response:
    """Answer `PATCH …/spaces/{id}` with new values."""
    ovice, organization = request.app[OVICE], organization_in(request)
    space = space_of(organization, request.match_info["space"])
    values = checked(await read_object(request), SPACE | {"announce": FLAG})
    _set(space, values)
    described = events.describe_space(space, ovice.settings.ovice_url)
    return await told(request, organization, ovice.told_space(space), values, **described)


async def remove_space(request: web.Request) -> web.Response:
    """Answer `DELETE …/spaces/{id}`."""
    organization = organization_in(request)
    space = space_of(organization, request.match_info["space"])
    values = checked(await read_object(request), {"announce": FLAG})
    return await told(request, organization, request.app[OVICE].remove_space(space), values)


async def create_person(request: web.Request) -> web.Response:
    """Answer `POST …/people` with `{"name", "email"?, "id"?, "role"?, "locale"?, …}`."""
    organization = organization_in(request)
    values = checked(await read_object(request), PERSON | NEW, required=["name"])
    person = Person(values.get("id", new_number(6)), values["name"], None)
    if person.person_id in organization.people:
        raise ControlError("There is a person with that id already.")
    _set(person, values)
    happened = request.app[OVICE].add_person(organization, person)
    described = events.describe_member(organization, person)
    return await told(request, organization, happened, values, **described)


async def change_person(request: web.Request) -> web.Response:
    """Answer `PATCH …/people/{id}` with new values."""
    organization = organization_in(request)
    person = person_of(organization, request.match_info["person"])
    values = checked(await read_object(request), PERSON | {"announce": FLAG})
    changes = {name: value for name, value in values.items() if name in PERSON}
    happened = request.app[OVICE].change_person(organization, person, changes)
    described = events.describe_member(organization, person)
    return await told(request, organization, happened, values, **described)


async def remove_person(request: web.Request) -> web.Response:
    """Answer `DELETE …/people/{id}`."""
    organization = organization_in(request)
    person = person_of(organization, request.match_info["person"])
    values = checked(await read_object(request), {"announce": FLAG})
    happened = request.app[OVICE].remove_person(organization, person)
    return await told(request, organization, happened, values)


async def create_group(request: web.Request) -> web.Response:
    """Answer `POST …/groups` with `{"handle", "people": [id, …]}`."""
    organization = organization_in(request)
    values = checked(await read_object(request), GROUP, required=GROUP)
    people = [person_of(organization, person_id).person_id for person_id in values["people"]]
    request.app[OVICE].add_group(organization, Group(values["handle"], people))
    return await told(request, organization, [], **values)


def _set(record: Organization | Space | Person, values: dict[str, Any]) -> None:
    for name in values.keys() & vars(record).keys():
        setattr(record, name, values[name])


def setup(app: web.Application) -> None:
    """Add the routes."""
    organizations = f"{PREFIX}/organizations"
    organization = f"{organizations}/{{organization}}"
    router = app.router
    router.add_get(organizations, list_organizations)
    router.add_post(organizations, create_organization)
    router.add_patch(organization, change_organization)
    router.add_delete(organization, remove_organization)
    router.add_post(f"{PREFIX}/announce", announce)
    router.add_post(f"{PREFIX}/ping", ping)
    router.add_post(f"{organization}/spaces", create_space)
    router.add_patch(f"{organization}/spaces/{{space}}", change_space)
    router.add_delete(f"{organization}/spaces/{{space}}", remove_space)
    router.add_post(f"{organization}/people", create_person)
    router.add_patch(f"{organization}/people/{{person}}", change_person)
    router.add_delete(f"{organization}/people/{{person}}", remove_person)
    router.add_post(f"{organization}/groups", create_group)
