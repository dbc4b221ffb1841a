"""Reauthentication before something that cannot be undone.

A proof is a mailed code, an authenticator app, a recovery code, a passkey, or a fresh launch from
ovice; of staff only a second factor counts. allauth keeps the proofs of a session, each with its
time.
"""

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.owners.roles import STAFF, role_of
from accounts.signin.middleware import has_second_factor

P = ParamSpec("P")
GOOD_FOR_SECONDS = 600
# Of the person themself, for whom a launch only has ovice's word.
_IN_PERSON = frozenset({"code", "mfa"})
_METHODS = _IN_PERSON | {"launch"}


def is_proved(request: HttpRequest) -> bool:
    """Return whether this session's user has proved who they are within ten minutes."""
    user = request.user
    if not isinstance(user, User):
        return False
    counting = {"mfa"} if role_of(user) in STAFF else _METHODS
    return _has_shown(request, user, counting)


def _has_shown(request: HttpRequest, user: User, counting: AbstractSet[str]) -> bool:
    since = time.time() - GOOD_FOR_SECONDS
    return any(
        record.get("method") in counting and record.get("at", 0) >= since
        for record in get_authentication_records(request, user)
    )


def needs_proof(request: HttpRequest) -> HttpResponseRedirect | None:
    """Return the way to the page that asks for a proof, or None where there is a fresh one.

    The posted form is not kept meanwhile: it may hold a token. The person presses again.
    """
    return None if is_proved(request) else _ask_for_proof(request)


def _ask_for_proof(request: HttpRequest) -> HttpResponseRedirect:
    if request.method == "POST":
        messages.info(request, _("Prove that it is you, then press the button again."))
        wanted = request.path
    else:
        wanted = request.get_full_path()
    return redirect_to_login(wanted, login_url=reverse("account_reauthenticate"))


def proved_to_enrol(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let a second factor be added only with a proof of the last ten minutes.

    allauth asks for none while there is no factor; whoever found a session open would set up their
    own, and then prove everything with it. A launch is none either: the factor stays for whatever
    else the address will own. Staff without a factor sign in by a mailed code again.
    """

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and role_of(user) in STAFF and not has_second_factor(user):
            if not _has_shown(request, user, {"code"}):
                return redirect_to_login(request.path, login_url=reverse("account_login"))
            return view(request, *args, **kwargs)
        if isinstance(user, User) and not _has_shown(request, user, _IN_PERSON):
            return _ask_for_proof(request)
        return needs_proof(request) or view(request, *args, **kwargs)

    return wrapped
