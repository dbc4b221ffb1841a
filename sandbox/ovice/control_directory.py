"""The control API's spaces, people and groups; a change tells the relay."""

from aiohttp import web

from sandbox.control import ControlError, read_object
from sandbox.ovice import events
from sandbox.ovice.control import CHANGED, NEW, PREFIX, assign, organization_in, told
from sandbox.ovice.lookup import person_of, space_of
from sandbox.ovice.reading import FILLED, FLAG, TEXTS, checked, none_or, one_of
from sandbox.ovice.records import DM_FEATURE, ROLES, Group, Person, Space
from sandbox.ovice.world import OVICE, new_number

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


async def create_space(request: web.Request) -> web.Response:
    """Answer `POST …/spaces` with `{"name", "domain"?, "id"?, "rooms"?, "dm_feature"?}`."""
    ovice, organization = request.app[OVICE], organization_in(request)
    values = checked(await read_object(request), SPACE | NEW, required=["name"])
    space_id = values.get("id", new_number(3, ovice.space))
    if ovice.space(space_id):
        raise ControlError("There is a space with that id already.")
    space = Space(space_id, organization, values["name"], values.get("domain", f"space-{space_id}"))
    assign(space, values)
    described = events.describe_space(space, ovice.settings.ovice_url)
    return await told(request, organization, ovice.add_space(space), values, **described)


async def change_space(request: web.Request) -> web.Response:
    """Answer `PATCH …/spaces/{id}` with new values."""
    ovice, organization = request.app[OVICE], organization_in(request)
    space = space_of(organization, request.match_info["space"])
    values = checked(await read_object(request), SPACE | CHANGED)
    assign(space, values)
    described = events.describe_space(space, ovice.settings.ovice_url)
    return await told(request, organization, ovice.told_space(space), values, **described)


async def remove_space(request: web.Request) -> web.Response:
    """Answer `DELETE …/spaces/{id}`."""
    organization = organization_in(request)
    space = space_of(organization, request.match_info["space"])
    values = checked(await read_object(request), CHANGED)
    return await told(request, organization, request.app[OVICE].remove_space(space), values)


async def create_person(request: web.Request) -> web.Response:
    """Answer `POST …/people` with `{"name", "email"?, "id"?, "role"?, "locale"?, …}`."""
    organization = organization_in(request)
    values = checked(await read_object(request), PERSON | NEW, required=["name"])
    person = Person(values.get("id", new_number(6, organization.people.get)), values["name"], None)
    if person.person_id in organization.people:
        raise ControlError("There is a person with that id already.")
    assign(person, values)
    happened = request.app[OVICE].add_person(organization, person)
    described = events.describe_member(organization, person)
    return await told(request, organization, happened, values, **described)


async def change_person(request: web.Request) -> web.Response:
    """Answer `PATCH …/people/{id}` with new values."""
    organization = organization_in(request)
    person = person_of(organization, request.match_info["person"])
    values = checked(await read_object(request), PERSON | CHANGED)
    changes = {name: value for name, value in values.items() if name in PERSON}
    happened = request.app[OVICE].change_person(organization, person, changes)
    described = events.describe_member(organization, person)
    return await told(request, organization, happened, values, **described)


async def remove_person(request: web.Request) -> web.Response:
    """Answer `DELETE …/people/{id}`."""
    organization = organization_in(request)
    person = person_of(organization, request.match_info["person"])
    values = checked(await read_object(request), CHANGED)
    happened = request.app[OVICE].remove_person(organization, person)
    return await told(request, organization, happened, values)


async def create_group(request: web.Request) -> web.Response:
    """Answer `POST …/groups` with `{"handle", "people": [id, …]}`."""
    organization = organization_in(request)
    values = checked(await read_object(request), GROUP, required=GROUP)
    people = [person_of(organization, person_id).person_id for person_id in values["people"]]
    request.app[OVICE].add_group(organization, Group(values["handle"], people))
    return await told(request, organization, [], **values)


def setup(app: web.Application) -> None:
    """Add the routes."""
    organization = f"{PREFIX}/organizations/{{organization}}"
    router = app.router
    router.add_post(f"{organization}/spaces", create_space)
    router.add_patch(f"{organization}/spaces/{{space}}", change_space)
    router.add_delete(f"{organization}/spaces/{{space}}", remove_space)
    router.add_post(f"{organization}/people", create_person)
    router.add_patch(f"{organization}/people/{{person}}", change_person)
    router.add_delete(f"{organization}/people/{{person}}", remove_person)
    router.add_post(f"{organization}/groups", create_group)
