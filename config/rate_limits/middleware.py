"""Keeps the limits that ``config.rate_limits.doors`` declares."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from accounts.members.session import member_id_of
from accounts.models import User
from accounts.signin.devices import device_of
from accounts.signin.rate_limits import LimitsAway, network_of, within_limit
from config.rate_limits.doors import DOORS, Door, Pages, Proven, start_of
from integrations.encryption.master_keys import KeyMissingError

MINUTE = 60
Answer = Callable[[HttpRequest], HttpResponseBase]


class LimitMiddleware:
    """Counts strangers by network and people by themselves; what is proven is never counted."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a network whose requests were refused too often is told that instead."""
        response = self._get_response(request)
        start, door = door_of(request)
        if not isinstance(door, Proven) or not door.refused(response):
            return response
        if _within(f"refused:{start}", network_of(request), door.amount):
            return response
        return too_many(request, for_people=door.for_people)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Refuse a page to who has had too many of them."""
        start, door = door_of(request)
        if not isinstance(door, Pages):
            return None
        person = _person(request)
        key, amount = (person, door.people) if person else (_stranger(request), door.strangers)
        served = _within(f"page:{start}", key, amount)
        return None if served else too_many(request, for_people=True)


def too_many(request: HttpRequest, *, for_people: bool) -> HttpResponse:
    """Return the one answer to too many requests: it says when to come back, and nothing else."""
    answer: HttpResponse
    if for_people and request.accepts("text/html"):
        answer = render(request, "too_many.html", status=429)
    else:
        answer = JsonResponse({"error": "too many requests"}, status=429)
    answer.headers["Retry-After"] = str(MINUTE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def door_of(request: HttpRequest) -> tuple[str, Door]:
    """Return what is counted together, all of the portal for example, and how often it may be."""
    start = start_of(request.resolver_match.route) if request.resolver_match else None
    # Undeclared is no way around.
    return ("", Pages()) if start is None else (start, DOORS[start])


def _person(request: HttpRequest) -> str:
    """Return a key of whoever is signed in or visiting; empty for a stranger."""
    if isinstance(request.user, User):
        return f"user {request.user.pk}"
    member = member_id_of(request.session)
    return f"member {member}" if member else ""


def _stranger(request: HttpRequest) -> str:
    """Return a key of a browser that is known, else of the network, which many may share."""
    device = device_of(request)
    return f"device {device}" if device else network_of(request)


def _within(what: str, key: str, amount: int) -> bool:
    try:
        return within_limit(what, key, amount=amount, seconds=MINUTE)
    except (LimitsAway, KeyMissingError):
        # These limits keep the service quick and guard no secret: better served than closed.
        return True
