"""What every request of a signed-in person passes: the ends of sessions, and staff's second factor.

A session ends after ``SESSION_IDLE`` without a request and, in use, after ``SESSION_COOKIE_AGE``.
"""

import time
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User
from accounts.roles import STAFF, role_of

_BEGAN, _SEEN = "began_at", "seen_at"
# A session is written anew at most this often, not with every request.
_STEP_SECONDS = 60
Answer = Callable[[HttpRequest], HttpResponse]


class SessionMiddleware:
    """Ends sessions that rested too long or lasted long enough; keeps their pages out of caches."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer within a session that may still be used."""
        # An empty session stays unwritten: a visitor without one gets no cookie.
        if request.session.session_key and not request.session.is_empty():
            self._keep_or_end(request)
        response = self._get_response(request)
        if not request.session.is_empty():
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _keep_or_end(self, request: HttpRequest) -> None:
        at = time.time()
        began, seen = request.session.get(_BEGAN, at), request.session.get(_SEEN, at)
        rested = at - seen > settings.SESSION_IDLE.total_seconds()
        if rested or at - began > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif _SEEN not in request.session or at - seen > _STEP_SECONDS:
            request.session[_BEGAN], request.session[_SEEN] = began, at


def has_second_factor(user: User) -> bool:
    """Return whether this user signs in with an authenticator app or a passkey besides the code."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(is_mfa_enabled(user, kinds))


class StaffSecondFactorMiddleware:
    """Keeps the portal closed to staff until they have set a second factor up."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or lead to the page on which a second factor is set up."""
        user = request.user
        if (
            request.path.startswith(reverse("admin:index"))
            and isinstance(user, User)
            and role_of(user) in STAFF
            and not has_second_factor(user)
        ):
            return HttpResponseRedirect(reverse("mfa_index"))
        return self._get_response(request)
