"""The pages of installing a target's third-party app; ``accounts.install.flow`` does the work.

The code never goes into an address of ours: the callback takes it out of the query and sends the
browser on.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.install import flow
from accounts.install.flow import InstallRefused, Refusal
from accounts.install.texts import explain
from accounts.models import InstallRequest, User
from accounts.owners.roles import SiteRole, role_of, visible_organizations
from accounts.signin.rate_limits import LimitsAway, network_of, within_limit
from accounts.signin.reauthentication import needs_proof
from integrations.connections.connect import OtherCommunityError
from integrations.models import Installation, Organization
from integrations.targets.port import guide_of, installer_of

COOKIE = "install"
# Anybody can send browsers to the callback, and each code it takes is a row and a call.
CALLBACKS_PER_NETWORK, QUARTER = 30, 900


@require_safe
@never_cache
def start(request: HttpRequest, target: str) -> HttpResponse:
    """Send an owner to the target's dialog; who owns several organizations chooses one first.

    The flow ends in replacing a token, so a fresh proof of who one is comes first.
    """
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    try:
        organizations = _own_organizations(user, request.GET.get("organization", ""))
        if asked := needs_proof(request):
            return asked
        if len(organizations) > 1:
            return _page(request, target, "choose", {"organizations": organizations})
        url = flow.begin(user, _session_key(request), organizations[0], target)
    except InstallRefused as refusal:
        return _refuse(request, target, refusal)
    return redirect(url)


@require_safe
@never_cache
def callback(request: HttpRequest, target: str) -> HttpResponse:
    """Take over from the target's dialog: a code with our ``state``, or one without.

    The browser is sent on in any case: no page has the code in its address.
    """
    try:
        _count(request)
        return _take_over(request, target)
    except InstallRefused as refusal:
        return redirect("install_refused", target=target, reason=refusal.reason.value)


@require_safe
@never_cache
def refused(request: HttpRequest, target: str, reason: str) -> HttpResponse:
    """Say why an install did not go on."""
    if reason not in set(Refusal):
        raise Http404
    return _refuse(request, target, InstallRefused(Refusal(reason)))


@require_safe
@never_cache
def connected(request: HttpRequest, target: str) -> HttpResponse:
    """Show an owner what stands."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.path)
    try:
        own = _own_organizations(user)
    except InstallRefused as refusal:
        return _refuse(request, target, refusal)
    live = Installation.objects.live().filter(organization__in=own, target=target)
    return _page(request, target, "connected", {"installations": live.order_by("pk")})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, target: str) -> HttpResponse:
    """Show an owner which community the browser brought; let them choose the organization.

    Signing in just now is proof enough; an older session is asked for another. A visitor who comes
    too late reads that before they sign in for nothing.
    """
    user = request.user
    try:
        kept = flow.find_kept(target, request.COOKIES.get(COOKIE, ""), _visitor(request))
        if not isinstance(user, User):
            return _hurry_to_sign_in(request, kept)
        organizations = _own_organizations(user)
        if kept.organization is not None:
            organizations = [one for one in organizations if one == kept.organization]
        if asked := needs_proof(request):
            return asked
        if request.method != "POST":
            return _ask(request, kept, organizations)
        community = request.POST.get("community", "")
        flow.check_answer(kept, request.POST.get("request", ""), community)
        wanted = request.POST.get("organization", "")
        chosen = [one for one in organizations if str(one.pk) == wanted]
        if not chosen:
            return _ask(request, kept, organizations, unchosen=True)
        flow.take(kept)
        kept.organization = chosen[0]
        # Only the page that warns of it says that links may end.
        return _finish(request, kept, community if "leaving" in request.POST else "")
    except InstallRefused as refusal:
        return _refuse(request, target, refusal)


def _count(request: HttpRequest) -> None:
    try:
        within = within_limit(
            "install", network_of(request), amount=CALLBACKS_PER_NETWORK, seconds=QUARTER
        )
    except LimitsAway:
        within = False
    if not within:
        raise InstallRefused(Refusal.LATER)


def _take_over(request: HttpRequest, target: str) -> HttpResponse:
    if not installer_of(target).is_set_up():
        raise InstallRefused(Refusal.NO_APP)
    if "state" in request.GET:
        return _come_back(request, target)
    if "error" in request.GET:
        raise InstallRefused(Refusal.CANCELLED)
    return _come_from_target(request, target)


def _come_back(request: HttpRequest, target: str) -> HttpResponse:
    """The install was started here: the visitor is known, so the code is exchanged at once."""
    kept = flow.take_state(
        target, request.GET["state"], request.session.session_key or "", request.user
    )
    if "error" in request.GET:
        raise InstallRefused(Refusal.CANCELLED)
    kept.code = flow.checked_code(request.GET.get("code", ""))
    kept.return_to = flow.own_page(target, request.GET.get("redirect_uri", ""))
    kept.save()
    if needs_proof(request):
        return _ask_later(kept, _owner(request), None)
    return _finish(request, kept)


def _come_from_target(request: HttpRequest, target: str) -> HttpResponse:
    """The install was started in the target: nothing is connected before an owner confirms.

    For a known owner the code is exchanged at once; for anybody else it is kept, since strangers
    could send any browser here.
    """
    kept, key = flow.keep_code(
        target, request.GET.get("code", ""), request.GET.get("redirect_uri", "")
    )
    if role_of(_visitor(request)) is SiteRole.OWNER:
        try:
            flow.exchange(kept)
        except InstallRefused as refusal:
            if not refusal.again:
                raise
    return _with_cookie(redirect("install_confirm", target=target), target, key)


def _finish(request: HttpRequest, kept: InstallRequest, community: str = "") -> HttpResponse:
    """Connect, and go where the owner goes on; what can be tried or asked again is kept."""
    user, organization = _owner(request), kept.organization
    if organization is None:
        raise InstallRefused(Refusal.NOT_OWNER)
    try:
        flow.finish(kept, user, organization, community)
    except (OtherCommunityError, InstallRefused) as why:
        if isinstance(why, InstallRefused) and not why.again:
            flow.forget(kept)
            raise
        return _ask_later(kept, user, why)
    # Only pages of the target were let in as a place to return to.
    place = kept.return_to or reverse("install_connected", kwargs={"target": kept.target})
    answer = HttpResponseRedirect(place)
    answer.delete_cookie(COOKIE, path=_cookie_path(kept.target))
    return answer


def _ask_later(kept: InstallRequest, user: User, why: Exception | None) -> HttpResponse:
    key = flow.keep_asking(kept, user, why)
    return _with_cookie(redirect("install_confirm", target=kept.target), kept.target, key)


def _ask(
    request: HttpRequest,
    kept: InstallRequest,
    organizations: list[Organization],
    *,
    unchosen: bool = False,
) -> HttpResponse:
    again = None
    try:
        flow.learn_community(kept)
    except InstallRefused as refusal:
        if not refusal.again:
            raise
        again = refusal.reason
    leaving = kept.notice == flow.LEAVING
    notice = again or (Refusal(kept.notice) if kept.notice and not leaving else None)
    asked = {
        "kept": kept,
        "leaving": leaving,
        "organizations": organizations,
        "seconds": _seconds_left(kept),
        "notice": explain(notice, kept.target) if notice else None,
        "unchosen": unchosen,
    }
    page = _page(request, kept.target, "confirm", asked)
    if kept.return_to:
        # Browsers hold a form to its policy along the redirects that follow; this one leads back
        # into the target.
        setattr(page, "_csp_update", {"form-action": [_origin(kept.return_to)]})  # noqa: B010 - django-csp's own way, whose decorator knows constants only
    return page


def _hurry_to_sign_in(request: HttpRequest, kept: InstallRequest) -> HttpResponse:
    """Let the visitor sign in first, and say how long the install waits for them."""
    left = _seconds_left(kept)
    text = ngettext(
        "Sign in to finish the installation. You have %(seconds)d second left.",
        "Sign in to finish the installation. You have %(seconds)d seconds left.",
        left,
    )
    messages.warning(request, text % {"seconds": left})
    return redirect_to_login(request.path)


def _seconds_left(kept: InstallRequest) -> int:
    return max(0, int((kept.expires_at - now()).total_seconds()))


def _origin(url: str) -> str:
    """Return the source by which a policy names the site of ``url``."""
    place = urlsplit(url)
    port = f":{place.port}" if place.port else ""
    return f"{place.scheme}://{place.hostname}{port}"


def _refuse(request: HttpRequest, target: str, refusal: InstallRefused) -> HttpResponse:
    explanation = explain(refusal.reason, target)
    return _page(request, target, "refused", {"explanation": explanation}, explanation.status)


def _page(
    request: HttpRequest, target: str, name: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    known = {"target": target, "label": guide_of(target).label}
    return render(request, f"install/{name}.html", known | context, status=status)


def _own_organizations(user: User, wanted: str = "") -> list[Organization]:
    """Return the organizations that ``user`` may connect, or only the ``wanted`` one.

    Staff may look, not connect.
    """
    own = visible_organizations(user) if role_of(user) is SiteRole.OWNER else []
    found = [one for one in own if wanted in ("", str(one.pk))]
    if not found:
        raise InstallRefused(Refusal.NOT_OWNER)
    return found


def _owner(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise InstallRefused(Refusal.NOT_OWNER)
    return request.user


def _visitor(request: HttpRequest) -> User | AnonymousUser:
    return request.user if isinstance(request.user, User) else AnonymousUser()


def _session_key(request: HttpRequest) -> str:
    if request.session.session_key is None:
        request.session.create()
    return request.session.session_key or ""


def _with_cookie(answer: HttpResponse, target: str, key: str) -> HttpResponse:
    """Give the browser the key to its request; it survives the sign-in, unlike the session."""
    answer.set_cookie(
        COOKIE,
        key,
        max_age=int(flow.LASTS.total_seconds()),
        path=_cookie_path(target),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _cookie_path(target: str) -> str:
    return reverse("install_start", kwargs={"target": target})
