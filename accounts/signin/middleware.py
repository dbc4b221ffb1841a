"""Middleware for every request of a signed-in person: the ends of sessions, and staff's second
factor.

A session ends after ``SESSION_IDLE`` without a request and, in use, after ``SESSION_COOKIE_AGE``.
Its row and its cookie are not kept for longer, however often they are written.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User
from accounts.owners.roles import STAFF, role_of

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
        if request.session.session_key and not request.session.is_empty():
            self._end_if_over(request)
        response = self._get_response(request)
        # An empty session stays unwritten: a visitor without one gets no cookie.
        if not request.session.is_empty():
            self._keep(request.session)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _end_if_over(self, request: HttpRequest) -> None:
        at = time.time()
        began, seen = request.session.get(_BEGAN, at), request.session.get(_SEEN, at)
        rested = at - seen > settings.SESSION_IDLE.total_seconds()
        if rested or at - began > settings.SESSION_COOKIE_AGE:
            logout(request)

    def _keep(self, session: SessionBase) -> None:
        """Note the use of a session: after the answer, so that one begun by it counts from now."""
        at = time.time()
        began, seen = session.get(_BEGAN, at), session.get(_SEEN)
        if seen is None or at - seen > _STEP_SECONDS:
            session[_BEGAN], session[_SEEN] = began, at
            # By itself Django would let each writing prolong it.
            end = began + settings.SESSION_COOKIE_AGE
            session.set_expiry(datetime.fromtimestamp(end, UTC))


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
