"""`/launch`: where ovice's buttons lead."""

import structlog
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.launch.admission import Admission, admit
from accounts.launch.tokens import BadLaunchToken
from accounts.members.session import LAUNCH_LASTS, LINK_PAGE, begin_visit
from accounts.models import User
from accounts.signin.devices import remember_browser
from core.languages import language_of
from core.metrics import REFUSED

logger = structlog.stdlib.get_logger(__name__)

# In the codes of `accounts.owners.ownership`, and of the contract where it has one.
REFUSALS = {
    "not_an_owner": _("Only an organization owner can set up the connection. Ask one of yours."),
    "not_a_member": _(
        "Only members of the organization can link their chat. Ask your organization's owner."
    ),
    "email_unverified": _("Verify your ovice account's email address first."),
    "address_unusable": _("Mail cannot be sent to the address of your ovice account."),
    "staff_address": _("This address belongs to our staff. Sign in with a code instead."),
    "address_in_use": _(
        "This address already has an account here for another organization. Sign in with a code"
        " that we mail you; then this organization is added to it."
    ),
    "account_inactive": _("Your account here has been closed. Contact support."),
}


# A form on ovice's pages posts here, which no cookie of ours could accompany: the token, signed and
# good for one use, is the proof. This is the one exempt page, and opening it changes no link.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def launch(request: HttpRequest) -> HttpResponse:
    """Take a launch token and lead to the page it is for, at an address without the token."""
    try:
        admission = admit(_token(request))
    except BadLaunchToken as reason:
        REFUSED.labels("launch").inc()
        logger.info("launch refused", reason=str(reason).replace(" ", "_"))
        return _guarded(_refuse(request))
    response = _let_in(request, admission)
    if admission.user is not None:
        remember_browser(request, response, admission.user.email)
    if admission.member.locale:
        _speak(response, admission.member.locale)
    return _guarded(response)


def _refuse(request: HttpRequest) -> HttpResponse:
    if "token" in request.GET:
        # The page has links and forms; the token in this address must not get into them.
        return HttpResponseRedirect(request.path, status=303)
    return render(request, "account/launch_expired.html", status=400)


def _token(request: HttpRequest) -> str:
    source = "POST" if request.method == "POST" else "GET"
    try:
        return str(getattr(request, source).get("token", ""))
    except (SuspiciousOperation, MultiPartParserError, OSError):
        # Too large, cut off, or no form.
        raise BadLaunchToken("no form") from None


def _let_in(request: HttpRequest, admission: Admission) -> HttpResponse:
    begin_visit(
        request,
        admission.member,
        purpose=admission.purpose,
        lasts=LAUNCH_LASTS,
        return_to=admission.return_to,
        ground=admission.ground or "",
    )
    target = LINK_PAGE
    if admission.refused:
        target = reverse("launch_refused", args=[admission.refused])
    elif admission.user is not None:
        target = _sign_in(request, admission.user)
    return HttpResponseRedirect(target, status=303)


def _sign_in(request: HttpRequest, user: User) -> str:
    """Sign the owner in, and return where they go: a second factor first if they have one."""
    record_authentication(request, user, method="launch", reauthenticated=True)
    login = Login(user=user, redirect_url=reverse("admin:setup"))
    return str(perform_login(request, login).headers["Location"])


def _speak(response: HttpResponse, locale: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language_of(locale),
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


@require_safe
def launch_refused(request: HttpRequest, code: str) -> HttpResponse:
    """Say why somebody whom ovice sent to the portal cannot enter it."""
    if code not in REFUSALS:
        raise Http404
    return render(request, "account/launch_refused.html", {"text": REFUSALS[code]}, status=403)


def _guarded(response: HttpResponse) -> HttpResponse:
    """Keep an address that may hold a token out of caches and of other sites' logs."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
