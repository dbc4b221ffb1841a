"""The page on which somebody who is signed in proves anew who they are."""

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.owners.roles import STAFF, role_of
from accounts.signin.codes import CodeRefused, address_of, find_code, try_code
from accounts.signin.login import asked_code, asked_next, safe_next
from accounts.signin.middleware import has_second_factor
from accounts.signin.uncached import personal
from accounts.signin.views import CodeForm, mail_a_code
from core.addresses import normalize_email

HOME = "admin:index"


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponseBase:
    """Offer the second factor, or to an owner without one a mailed code."""
    user = request.user
    if not isinstance(user, User):
        return redirect(HOME)
    wanted = safe_next(request, request.POST.get("next", request.GET.get("next", "")))
    by_code = not has_second_factor(user) and role_of(user) not in STAFF
    if request.method != "POST" or not by_code:
        if by_code and _waits_for_a_code(request, user):
            return _page(request, user, wanted or asked_next(request), CodeForm())
        return _page(request, user, wanted)
    if "code" not in request.POST:
        return mail_a_code(request, user.email, wanted) or redirect("account_reauthenticate")
    return _try_code(request, user, wanted)


def _waits_for_a_code(request: HttpRequest, user: User) -> bool:
    """Whether a code is on its way to this user, for this browser."""
    code_id = asked_code(request)
    row = find_code(code_id) if code_id else None
    return row is not None and address_of(row) == normalize_email(user.email)


def _page(
    request: HttpRequest, user: User, wanted: str, form: CodeForm | None = None
) -> HttpResponse:
    context = {
        "next": wanted,
        "form": form,
        "email": user.email,
        "has_second_factor": has_second_factor(user),
        "is_staff": role_of(user) in STAFF,
    }
    return render(request, "account/prove.html", context)


def _try_code(request: HttpRequest, user: User, wanted: str) -> HttpResponse:
    form = CodeForm(request.POST)
    code_id = asked_code(request)
    if not form.is_valid() or code_id is None:
        return _page(request, user, wanted, form)
    try:
        email = try_code(code_id, form.cleaned_data["code"])
    except CodeRefused:
        form.add_error("code", _("This code is wrong or has ended. Check it, or get another."))
        return _page(request, user, wanted, form)
    if email == normalize_email(user.email):
        record_authentication(request, user, method="code", reauthenticated=True)
    return redirect(wanted or HOME)
