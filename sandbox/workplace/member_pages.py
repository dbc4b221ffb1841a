"""The dashboard's page of one member: name, address, language, claimed or not, active or not."""

from aiohttp import web

from sandbox.pages import Form, read_form, render, see_other
from sandbox.workplace.dashboard import HOME, ROOT, community_of, require_free, required
from sandbox.workplace.records import Member
from sandbox.workplace.world import WORLD

PAGE = HOME + "members/{member}"


async def show(request: web.Request) -> web.Response:
    """Answer the page of one member."""
    member = _member(request)
    home = f"{ROOT}/{member.community.community_id}/"
    return render("workplace/member.html", {"member": member, "home": home})


async def change(request: web.Request) -> web.Response:
    """Answer the buttons of the page: save, deactivate, reactivate."""
    member, form = _member(request), await read_form(request)
    act = form.get("act")
    if act == "save":
        _save(request, member, form)
    elif act in ("deactivate", "reactivate"):
        request.app[WORLD].set_active(member, active=act == "reactivate")
    else:
        raise web.HTTPBadRequest(text="There is no such button.")
    raise see_other(f"{ROOT}/{member.community.community_id}/#members")


def _save(request: web.Request, member: Member, form: Form) -> None:
    world = request.app[WORLD]
    email = required(form.get("email"), "an address")
    require_free(request, member.community, email, member)
    member.name = required(form.get("name"), "a name")
    member.locale = required(form.get("locale"), "a locale")
    if "unclaimed" in form:
        member.claimed_at = None
    else:
        member.claimed_at = member.claimed_at or world.clock.now()
    world.rename_email(member, email)


def _member(request: web.Request) -> Member:
    member = request.app[WORLD].members.get(request.match_info["member"])
    if member is None or member.community is not community_of(request):
        raise web.HTTPNotFound(text="There is no such member.")
    return member


def setup(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_get(PAGE, show)
    app.router.add_post(PAGE, change)
