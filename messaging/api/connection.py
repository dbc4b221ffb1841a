"""``GET /v1/organizations/{org}/connection``: how an organization's connection stands."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now

from accounts.models import ORGANIZATION_USERS, Link, Member
from core.ids import rfc3339
from integrations.models import Installation, InstallationState, Organization
from messaging.api.auth import connector_endpoint
from messaging.api.lookup import organization_of


@connector_endpoint("GET")
def connection(_request: HttpRequest, org: str) -> HttpResponse:
    """Tell the connection's state, community, last error, and how many members are linked."""
    organization = organization_of(org)
    return JsonResponse({**_connection(organization), **_counts(organization)})


def _connection(organization: Organization | None) -> dict[str, Any]:
    live = Installation.objects.live().filter(organization=organization)
    installation = live.order_by("connected_at").first()
    if organization is None or installation is None:
        return {"state": "not_connected"}
    return {
        "state": _state(organization, installation),
        "target": installation.target,
        "community_name": installation.community_name,
        "connected_at": rfc3339(installation.connected_at) if installation.connected_at else None,
        "last_error": _last_error(installation),
    }


def _state(organization: Organization, installation: Installation) -> str:
    if not organization.feature_enabled:
        return "disabled"
    if organization.paused_at is not None:
        return InstallationState.PAUSED
    return installation.state


def _last_error(installation: Installation) -> dict[str, str] | None:
    """Return what keeps the connection from sending now, and since or until when."""
    if installation.state == InstallationState.ATTENTION and installation.attention_at:
        return {
            "reason": installation.attention_reason,
            "since": rfc3339(installation.attention_at),
        }
    if installation.held_until and installation.held_until > now():
        return {"reason": installation.hold_reason, "until": rfc3339(installation.held_until)}
    return None


def _counts(organization: Organization | None) -> dict[str, int]:
    users = Member.objects.filter(
        organization=organization, removed_at=None, role__in=ORGANIZATION_USERS
    )
    linked = Link.objects.active().filter(organization=organization)
    return {"members": users.count(), "linked": linked.values("member").distinct().count()}
