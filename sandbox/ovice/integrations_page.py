"""Personal settings, Integrations: the Workplace item in its states, and the launch."""

from aiohttp import web

from sandbox.ovice import visit
from sandbox.ovice.launching import (
    LAUNCH_KEYS,
    PURPOSES,
    launch_claims,
    may_launch,
    sign_launch,
)
from sandbox.ovice.relay_link import LinkState, ask_link
from sandbox.ovice.world import OVICE
from sandbox.pages import read_form, render
from sandbox.state import STATE

HIDDEN = LinkState("hidden", "", {})


async def integrations(request: web.Request) -> web.Response:
    """Answer `GET /ovice/organizations/{organization}/integrations?as=`."""
    organization = visit.organization_in(request)
    people = list(organization.people.values())
    looked = visit.begin(request, organization, people)
    item = HIDDEN
    if looked.viewer and looked.viewer.is_organization_user:
        settings = request.app[OVICE].settings
        item = await ask_link(
            request.app[STATE], settings, organization.organization_id, looked.viewer.person_id
        )
    return render("ovice/integrations.html", looked.context(people=people, item=item))


async def launch(request: web.Request) -> web.Response:
    """Answer `POST /ovice/organizations/{organization}/launch?as=` with a form's `purpose`.

    The page posts a fresh token to the relay by itself, or by a button without JavaScript.
    """
    organization = visit.organization_in(request)
    looked = visit.begin(request, organization, list(organization.people.values()))
    purpose = (await read_form(request)).get("purpose", "")
    if purpose not in PURPOSES:
        raise web.HTTPBadRequest(text="There is no such purpose.")
    if looked.viewer is None or not may_launch(looked.viewer, purpose):
        raise web.HTTPForbidden(text="ovice gives this person no launch token for that.")
    relay_url = request.app[STATE].relay_url
    claims = launch_claims(
        organization,
        looked.viewer,
        purpose=purpose,
        space=next(iter(organization.spaces.values()), None),
        settings=request.app[OVICE].settings,
        audience=relay_url,
    )
    token = sign_launch(request.app[LAUNCH_KEYS], claims)
    context = looked.context(token=token, address=f"{relay_url}/launch", languages={})
    return render("ovice/launch.html", context, form_to=[relay_url])


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get("/ovice/organizations/{organization}/integrations", integrations)
    app.router.add_post("/ovice/organizations/{organization}/launch", launch)
