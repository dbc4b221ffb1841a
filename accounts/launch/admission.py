"""Admission by a launch from ovice: the member's row brought up to date, and for owners the portal.

A token is used up, and everything it brought is stored, in one transaction. Opening a launch never
links anybody; it only says who is here.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils.timezone import now

from accounts.directory.events import update_member
from accounts.launch.tokens import SKEW_SECONDS, BadLaunchToken, LaunchClaims, read_token
from accounts.members.session import Purpose
from accounts.models import ORGANIZATION_USERS, Ground, Member, Role, UsedLaunch, User
from accounts.owners.ownership import NotAnOwner, end_ownership, grant_ownership
from core.text import one_line
from integrations.models import NAME_LENGTH, Organization
from integrations.ovice.organizations import update_organization
from integrations.ovice.urls import is_ovice_url
from integrations.removal.lookup import is_removed_for_good


@dataclass(frozen=True)
class Admission:
    """Visitor and destination; ``refused`` names why the purpose is closed to them, or is empty.

    ``ground`` is on what they would be an owner nevertheless.
    """

    member: Member
    purpose: Purpose
    user: User | None = None
    return_to: str = ""
    refused: str = ""
    ground: Ground | None = None


def admit(token: str) -> Admission:
    """Use up a launch token and return whom it lets in.

    Raises ``BadLaunchToken`` for every token that is not ovice's, not for us, not now, or used
    before; nothing has changed then.
    """
    claims = read_token(token)
    with transaction.atomic():
        _use_up(claims)
        member = _bring_up_to_date(claims)
        return _open(claims, member)


def _use_up(claims: LaunchClaims) -> None:
    # No organization can use up another one's token, should ovice number them each for itself.
    whose = "\0".join((claims.iss, claims.org, claims.jti))
    name = hashlib.sha256(whose.encode()).hexdigest()
    until = datetime.fromtimestamp(claims.exp + SKEW_SECONDS, UTC)
    _used, first = UsedLaunch.objects.get_or_create(pk=name, defaults={"expires_at": until})
    if not first:
        raise BadLaunchToken("used before")


def _bring_up_to_date(claims: LaunchClaims) -> Member:
    """Store what the token tells, as an event of the moment of its issue would."""
    # A clock that runs ahead must not shut out what is told later.
    at = min(datetime.fromtimestamp(claims.iat, UTC), now())
    if is_removed_for_good(claims.org):
        raise BadLaunchToken("organization removed")
    organization = Organization.objects.register(claims.org)
    if organization.removed_at is not None:
        raise BadLaunchToken("organization removed")
    name = one_line(claims.org_name, NAME_LENGTH) or None
    update_organization(organization, at=at, name=name, plan=None, feature_enabled=None)
    update_member(
        organization,
        claims.sub,
        at=at,
        email=claims.email,
        email_verified=claims.email_verified,
        name=one_line(claims.name or "", NAME_LENGTH) or None,
        role=claims.role,
        locale=claims.locale,
    )
    member = (
        Member.objects.select_related("organization")
        .filter(organization=organization, ovice_id=claims.sub)
        .first()
    )
    if member is None or member.removed_at is not None:
        raise BadLaunchToken("member removed or erased since")
    return member


def _ground(claims: LaunchClaims, member: Member) -> Ground | None:
    """Return why ovice lets them set the organization up; news since the token was made counts."""
    if not claims.may_set_up:
        return None
    if claims.role == Role.OWNER.value:
        return Ground.OWNER if member.role == Role.OWNER else None
    return Ground.PERMISSION


def _open(claims: LaunchClaims, member: Member) -> Admission:
    purpose = Purpose(claims.purpose)
    return_to = claims.return_to or ""
    return_to = return_to if is_ovice_url(return_to) else ""
    ground = _ground(claims, member)
    if ground is None:
        end_ownership(member)
    if Role(member.role) not in ORGANIZATION_USERS:
        return Admission(member, purpose, return_to=return_to, refused="not_a_member")
    if purpose is not Purpose.SETUP:
        return Admission(member, purpose, return_to=return_to)
    if ground is None:
        return Admission(member, purpose, return_to=return_to, refused="not_an_owner")
    try:
        user = grant_ownership(member, ground)
    except NotAnOwner as refusal:
        return Admission(member, purpose, None, return_to, refusal.code, ground)
    return Admission(member, purpose, user, return_to)
