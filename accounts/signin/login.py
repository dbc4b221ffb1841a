"""Login after a proved address: one option at once, several by choice.

The session keeps ids and times between the pages, never an address.
"""

import time
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.members.session import CODE_LASTS, LINK_PAGE, Purpose, begin_visit
from accounts.models import Member, User
from accounts.models.addresses import address_hashes
from accounts.signin.login_options import Entrance

_ASKED = "code_asked"
_OFFERED = "entrances_offered"
# As long as a code is good for; then the address has to be proved anew.
OFFER_SECONDS = 600


def safe_next(request: HttpRequest, wanted: str) -> str:
    """Return ``wanted`` if it is a path of this site, else nothing."""
    here = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=here, require_https=request.is_secure()
    )
    return wanted if is_ours and wanted.startswith("/") else ""


def note_asked(request: HttpRequest, code_id: UUID, wanted: str) -> None:
    """Remember which code this browser asked for, and where it wants to go."""
    request.session[_ASKED] = {"code": str(code_id), "next": safe_next(request, wanted)}


def asked_code(request: HttpRequest) -> UUID | None:
    """Return the id of the code this browser asked for."""
    kept = request.session.get(_ASKED)
    return UUID(kept["code"]) if kept else None


def asked_next(request: HttpRequest) -> str:
    """Return where this browser wanted to go when it asked for a code."""
    return str(request.session.get(_ASKED, {}).get("next", ""))


def offer(request: HttpRequest, entrances: list[Entrance], email: str) -> None:
    """Remember what the proved address opens, until one of it is chosen."""
    request.session[_OFFERED] = {
        "keys": [entrance.key for entrance in entrances],
        "address": address_hashes(email)[0],
        "until": time.time() + OFFER_SECONDS,
    }


def offered(request: HttpRequest) -> list[Entrance]:
    """Return what was offered and is still open to who has that address."""
    kept: dict[str, Any] = request.session.get(_OFFERED) or {}
    address = kept.get("address", "")
    if not address or kept["until"] < time.time():
        return []
    named = [key.split("-", 1) for key in kept["keys"]]
    users = User.objects.filter(pk__in=[pk for kind, pk in named if kind == "user"])
    members = Member.objects.select_related("organization").filter(
        pk__in=[pk for kind, pk in named if kind == "member"],
        removed_at=None,
        organization__removed_at=None,
        email_hash=address,
    )
    return [
        *(
            Entrance(user=user)
            for user in users.filter(is_active=True)
            if address in address_hashes(user.email)
        ),
        *(Entrance(member=member) for member in members.order_by("organization__name", "pk")),
    ]


def fitting(entrances: list[Entrance], wanted: str) -> Entrance | None:
    """Return the only entrance, or the only one that can open ``wanted``."""
    if wanted.startswith(LINK_PAGE):
        suited = [entrance for entrance in entrances if entrance.member]
    elif wanted:
        # Other pages that ask for a sign-in, portal or install, are for owners and staff.
        suited = [entrance for entrance in entrances if entrance.user]
    else:
        suited = entrances
    found = suited or entrances
    return found[0] if len(found) == 1 else None


def enter(request: HttpRequest, entrance: Entrance) -> str:
    """Sign in, with a new session, and return where to go.

    A user with a second factor is asked for it there first.
    """
    wanted = asked_next(request)
    if entrance.user is not None:
        return _enter_as_user(request, entrance.user, wanted)
    if entrance.member is None:
        raise ValueError("An entrance is a user's or a member's.")
    begin_visit(request, entrance.member, purpose=Purpose.MANAGE, lasts=CODE_LASTS)
    return wanted or LINK_PAGE


def _enter_as_user(request: HttpRequest, user: User, wanted: str) -> str:
    logout(request)
    record_authentication(request, user, method="code", reauthenticated=True)
    login = Login(user=user, redirect_url=wanted or reverse("admin:index"))
    return str(perform_login(request, login).headers["Location"])
