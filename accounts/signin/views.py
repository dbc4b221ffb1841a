"""Signing in by a code that is mailed, and signing out.

The pages say and do the same for every address that is typed, known here or not.
"""

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.members.session import visit
from accounts.owners.ownership import grant_by_address
from accounts.signin.codes import CodeRefused, address_of, ask_for_code, find_code, try_code
from accounts.signin.devices import known_browser, remember_browser
from accounts.signin.login import (
    asked_code,
    asked_next,
    enter,
    fitting,
    note_asked,
    offer,
    offered,
)
from accounts.signin.login_options import choose_entrance, entrances_of
from accounts.signin.rate_limits import LimitsAway, network_of, within_limit
from accounts.signin.uncached import personal
from core.addresses import normalize_email
from core.post_redirect_get import posted_from

QUARTER = 900
# For one address, from one network or in a browser that is known with it.
CODES_PER_ADDRESS = 5
# From all networks together, so that nobody's mailbox is flooded and no code guessed: each may be
# tried five times, so a guess is right once in 80 million quarters of an hour.
CODES_PER_MAILBOX = 60
CODES_PER_NETWORK = 30
TRIES_PER_NETWORK = 60


class AddressForm(forms.Form):
    """Asks for an address; whether it is known here is nobody's business."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class CodeForm(forms.Form):
    """Asks for the code that was mailed; hyphen and case do not matter."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "passcode",
            }
        ),
    )


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and have a code mailed to it."""
    form = AddressForm(request.POST or None)
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/sign_in.html", {"form": form, "next": wanted})
    refusal = mail_a_code(request, form.cleaned_data["email"], wanted)
    return refusal or redirect("account_enter_code")


def mail_a_code(request: HttpRequest, email: str, wanted: str) -> HttpResponse | None:
    """Let a code be mailed for this browser; return the page that says why not, or None."""
    try:
        allowed = _may_ask(request, email)
    except LimitsAway:
        return render(request, "account/unavailable.html", status=503)
    if not allowed:
        return _limited(request)
    note_asked(request, ask_for_code(email, language=_language()), wanted)
    return None


def _may_ask(request: HttpRequest, email: str) -> bool:
    """Count one more code; who is over one limit is not counted for what others share."""
    address, network = normalize_email(email), network_of(request)
    if browser := known_browser(request, email):
        return _within("code-for", f"{browser} {address}", CODES_PER_ADDRESS)
    return (
        _within("code-from", network, CODES_PER_NETWORK)
        and _within("code-for", f"{network} {address}", CODES_PER_ADDRESS)
        and _within("code-to", address, CODES_PER_MAILBOX)
    )


def _may_try(request: HttpRequest, email: str) -> bool:
    return _within(
        "try-from", known_browser(request, email) or network_of(request), TRIES_PER_NETWORK
    )


def _within(what: str, key: str, amount: int) -> bool:
    return within_limit(what, key, amount=amount, seconds=QUARTER)


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _limited(request: HttpRequest) -> HttpResponse:
    answer = render(request, "account/limited.html", {"minutes": QUARTER // 60}, status=429)
    answer.headers["Retry-After"] = str(QUARTER)
    return answer


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and let in whom it proves to be somebody."""
    code_id = asked_code(request)
    row = find_code(code_id) if code_id else None
    if row is None:
        return redirect("account_login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if not _may_try(request, address_of(row)):
                return _limited(request)
            return _proved(request, try_code(row.pk, form.cleaned_data["code"]))
        except LimitsAway:
            return render(request, "account/unavailable.html", status=503)
        except CodeRefused:
            if find_code(row.pk) is None:
                return render(request, "account/code_ended.html", status=403)
            form.add_error("code", _("This is not the code of the newest mail. Check it."))
    return render(request, "account/enter_code.html", {"form": form, "email": address_of(row)})


def _proved(request: HttpRequest, email: str) -> HttpResponse:
    came = visit(request)
    grant_by_address(email, came.member if came else None, came.ground if came else "")
    entrances = entrances_of(email)
    if not entrances:
        # The code is no one's any more since the mail was sent; or guessed, which is as good as
        # wrong.
        raise CodeRefused
    if (only := fitting(entrances, asked_next(request))) is not None:
        answer = redirect(enter(request, only))
    else:
        offer(request, entrances, email)
        answer = redirect("account_choose")
    remember_browser(request, answer, email)
    return answer


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Let somebody with several ways in choose one."""
    ways = offered(request)
    if not ways:
        return redirect("account_login")
    if request.method == "POST":
        chosen = choose_entrance(ways, request.POST.get("entrance", ""))
        if chosen is not None:
            return redirect(enter(request, chosen))
    return render(request, "account/choose.html", {"ways": ways})


@posted_from("home")
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, whoever it was for."""
    logout(request)
    return redirect("account_signed_out")


@personal
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session has ended."""
    return render(request, "account/signed_out.html")
