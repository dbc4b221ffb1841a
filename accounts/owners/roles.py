"""Roles on this site: three, and a user without one may do nothing.

An owner has an ``Ownership``. Support and administrators are the operator's staff: they are never
owners at the same time, so nobody reaches a token or a setting through two roles at once.
"""

from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.models import User
from integrations.models import Organization


class SiteRole(StrEnum):
    """Role of a signed-in user on this site."""

    OWNER = "owner"
    SUPPORT = "support"
    ADMINISTRATOR = "administrator"


STAFF = frozenset({SiteRole.SUPPORT, SiteRole.ADMINISTRATOR})
EVERYBODY = frozenset(SiteRole)

Visitor = User | AnonymousUser


def role_of(user: Visitor) -> SiteRole | None:
    """Return the user's one role, the widest first; None for everybody else."""
    if not isinstance(user, User) or not user.is_active:
        return None
    if user.is_superuser:
        return SiteRole.ADMINISTRATOR
    if user.is_staff:
        return SiteRole.SUPPORT
    return SiteRole.OWNER if user.owned_organization_ids else None


def visible_organizations(user: Visitor) -> QuerySet[Organization]:
    """Return all organizations for staff, an owner's own ones, and none for anybody else.

    To its owner an organization that ovice has removed no longer exists.
    """
    role = role_of(user)
    if role in STAFF:
        return Organization.objects.all()
    if role is SiteRole.OWNER and isinstance(user, User):
        return Organization.objects.filter(pk__in=user.owned_organization_ids, removed_at=None)
    return Organization.objects.none()


def visible_ids(user: Visitor) -> list[UUID]:
    """Return the keys of the visitor's organizations, asked once for as long as ``user`` lives.

    Look-ups by keys find rows through an index where those by a subquery would sort a table.
    """
    known: list[UUID] | None = vars(user).get("_visible_ids")
    if known is None:
        known = list(visible_organizations(user).values_list("pk", flat=True))
        vars(user)["_visible_ids"] = known
    return known


def owns(user: Visitor, organization_id: UUID) -> bool:
    """Return whether ``user`` acts for this organization as its owner."""
    return (
        role_of(user) is SiteRole.OWNER
        and visible_organizations(user).filter(pk=organization_id).exists()
    )
