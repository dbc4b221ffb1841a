"""Member who is acting in this browser session: let in by ovice's launch or a mailed code.

A visit is kept in the session and holds no address and no name. It ends at its time, when the
member leaves, when their organization goes, and when their address becomes another one. Views ask
``visit(request)``, templates have ``visit`` in their context; nothing else reads the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.timezone import now

from accounts.models import Member, User
from integrations.models import Organization

# The contract's path of the linking pages.
LINK_PAGE = "/link/"
_KEY = "visit"
_CACHE = "_visit"
# The contract's limit for what a launch brought (section 7.3 of the connector contract).
LAUNCH_LASTS = timedelta(minutes=15)
# A code was typed by the person themself, who may want to look around.
CODE_LASTS = timedelta(minutes=60)


class Purpose(StrEnum):
    """Why somebody came, in the contract's words."""

    SETUP = "setup"
    LINK = "link"
    MANAGE = "manage"


@dataclass(frozen=True)
class Visit:
    """A member at work here until ``until``; ``return_to`` leads back to ovice, or is empty."""

    member: Member
    purpose: Purpose
    until: datetime
    return_to: str = ""
    # On what the launch would make them an owner, where that needs a proof of the address first.
    ground: str = ""

    @property
    def organization(self) -> Organization:
        """The organization as whose member they act."""
        return self.member.organization


def begin_visit(
    request: HttpRequest,
    member: Member,
    *,
    purpose: Purpose,
    lasts: timedelta,
    return_to: str = "",
    ground: str = "",
) -> Visit:
    """Let ``member`` in; whoever was here before is signed out, and the session gets a new key.

    A page that somebody else left open cannot be used in this member's name: its forms are refused.
    """
    if member_id_of(request.session) != str(member.pk):
        rotate_token(request)
    logout(request)
    request.session.cycle_key()
    until = now() + lasts
    vars(request).pop(_CACHE, None)
    request.session[_KEY] = {
        "member": str(member.pk),
        "address": member.email_hash,
        "purpose": purpose.value,
        "until": until.timestamp(),
        "return_to": return_to,
        "ground": ground,
    }
    return Visit(member, purpose, until, return_to, ground)


def end_visit(request: HttpRequest) -> None:
    """End the visit; the rest of the session stays."""
    request.session.pop(_KEY, None)
    vars(request).pop(_CACHE, None)


def end_visit_of_another(request: HttpRequest, user: User) -> None:
    """End the visit unless it is that of the owner who signs in: no two people in one session."""
    here = visit(request)
    if here is None:
        return
    member = here.member
    own = user.ownerships.filter(organization=member.organization_id, ovice_id=member.ovice_id)
    if not own.exists():
        end_visit(request)


def visit(request: HttpRequest) -> Visit | None:
    """Return who is acting in this session, or None."""
    if _CACHE not in vars(request):
        # A request refused before its session was looked for has none, and its page asks for a
        # visit.
        session: Mapping[str, Any] = getattr(request, "session", {})
        vars(request)[_CACHE] = _read(session.get(_KEY))
    found: Visit | None = vars(request)[_CACHE]
    return found


def _read(kept: dict[str, Any] | None) -> Visit | None:
    if kept is None or kept["until"] < now().timestamp():
        return None
    member = (
        Member.objects.select_related("organization")
        .filter(pk=kept["member"], removed_at=None, organization__removed_at=None)
        .first()
    )
    if member is None or member.email_hash != kept["address"]:
        return None
    until = datetime.fromtimestamp(kept["until"], UTC)
    purpose, ground = Purpose(kept["purpose"]), kept.get("ground", "")
    return Visit(member, purpose, until, kept["return_to"], ground)


def member_id_of(session: Mapping[str, Any]) -> str:
    """Return the id of the member whose visit a session's data holds, or nothing."""
    kept = session.get(_KEY) or {}
    return str(kept.get("member", ""))


def acting(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: ``visit``, the visit of this session or None."""
    return {"visit": visit(request)}
