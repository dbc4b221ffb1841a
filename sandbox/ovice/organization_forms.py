"""Forms of the organization's page for owners; each change tells the relay."""

from typing import Any

from aiohttp import web

from sandbox.ovice.desk import DESK
from sandbox.ovice.lookup import person_of, space_of
from sandbox.ovice.organization_page import owner_visit
from sandbox.ovice.records import ROLES, Organization, Person, Space
from sandbox.ovice.world import OVICE, Ovice, Told, new_number
from sandbox.pages import Form, read_form, see_other


async def save(request: web.Request) -> web.Response:
    """Answer `POST /ovice/organizations/{organization}/settings/{what}?as=` with a form."""
    organization, looked, is_owner = owner_visit(request)
    if not is_owner:
        raise web.HTTPForbidden(text="Only organization owners can change this.")
    form = await read_form(request)
    change = CHANGES[request.match_info["what"]]
    told = change(request.app[OVICE], organization, form)
    await request.app[DESK].tell(organization.organization_id, told)
    page = f"/ovice/organizations/{organization.organization_id}/settings"
    raise see_other(looked.link(page))


def _save_organization(ovice: Ovice, organization: Organization, form: Form) -> Told:
    organization.name = form.get("name", "").strip() or organization.name
    organization.feature_enabled = "feature_enabled" in form
    return ovice.told_organization(organization)


def _save_space(ovice: Ovice, organization: Organization, form: Form) -> Told:
    if "remove" in form:
        return ovice.remove_space(space_of(organization, form.get("id")))
    if form.get("id"):
        space = space_of(organization, form["id"])
        space.name = form.get("name", "").strip() or space.name
        space.domain = form.get("domain", "").strip() or space.domain
        return ovice.told_space(space)
    number = new_number(3, ovice.space)
    name = form.get("name", "").strip() or number
    domain = form.get("domain", "").strip() or f"space-{number}"
    return ovice.add_space(Space(number, organization, name, domain))


def _save_person(ovice: Ovice, organization: Organization, form: Form) -> Told:
    if "remove" in form:
        return ovice.remove_person(organization, person_of(organization, form.get("id")))
    values = _person_values(form)
    if form.get("id"):
        return ovice.change_person(organization, person_of(organization, form["id"]), values)
    return ovice.add_person(organization, Person(new_number(6, organization.people.get), **values))


def _person_values(form: Form) -> dict[str, Any]:
    role = form.get("role", "member")
    return {
        "name": form.get("name", "").strip() or "?",
        "email": form.get("email", "").strip() or None,
        "email_verified": "email_verified" in form,
        "role": role if role in ROLES else "member",
        "locale": form.get("locale", "en"),
    }


CHANGES = {"organization": _save_organization, "space": _save_space, "person": _save_person}


def setup(app: web.Application) -> None:
    """Add the forms' address."""
    path = "/ovice/organizations/{organization}/settings/{what:organization|space|person}"
    app.router.add_post(path, save)
