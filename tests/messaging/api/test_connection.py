"""An organization's connection as ovice's settings page reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link, Role
from integrations.connections import pause
from integrations.connections.hold import hold, need_attention
from integrations.models import Installation, InstallationState, Organization
from tests.factories import make_installation, make_link, make_member, make_organization
from tests.messaging.api.asking import ask

pytestmark = pytest.mark.django_db
CONNECTED_AT = datetime(2026, 1, 2, 3, 4, 5, 0, UTC)


def connect(**fields) -> Installation:
    return make_installation(community_name="Example Works", connected_at=CONNECTED_AT, **fields)


def connection_of(organization: Organization) -> dict:
    answer = ask("GET", f"{organization.ovice_id}/connection")
    assert answer.status_code == 200
    return answer.json()


def test_a_connection_tells_its_community_and_its_counts():
    installation = connect()
    make_link(installation)
    ended = make_link(installation)
    remove_links(Link.objects.filter(pk=ended.pk), reason=RemovedReason.USER)
    make_member(installation.organization, role=Role.GUEST)
    make_link()
    assert connection_of(installation.organization) == {
        "state": "active",
        "target": "workplace",
        "community_name": "Example Works",
        "connected_at": "2026-01-02T03:04:05.000Z",
        "last_error": None,
        "members": 2,
        "linked": 1,
    }


def test_an_organization_without_a_connection_looks_like_an_unknown_one():
    nothing = {"state": "not_connected", "members": 0, "linked": 0}
    assert connection_of(make_organization()) == nothing
    assert ask("GET", "never-heard-of/connection").json() == nothing


def test_a_removed_organization_looks_like_an_unknown_one():
    installation = connect()
    Organization.objects.update(removed_at=now())
    assert connection_of(installation.organization)["state"] == "not_connected"


def test_a_removed_connection_is_none():
    installation = connect(state=InstallationState.REMOVED)
    assert connection_of(installation.organization)["state"] == "not_connected"


def test_trouble_that_needs_the_owner_is_told_with_its_reason():
    installation = connect()
    need_attention(installation, reason="token_rejected")
    told = connection_of(installation.organization)
    assert told["state"] == "attention"
    assert told["last_error"]["reason"] == "token_rejected"
    assert told["last_error"]["since"].endswith("Z")


def test_a_hold_is_told_until_it_ends():
    installation = connect()
    hold(installation, until=now() + timedelta(minutes=5), reason="rate_limited")
    assert connection_of(installation.organization)["last_error"]["reason"] == "rate_limited"
    Installation.objects.update(held_until=now() - timedelta(seconds=1))
    assert connection_of(installation.organization)["last_error"] is None


def test_a_pause_and_a_switched_off_feature_are_told():
    installation = connect()
    pause.pause(installation.organization)
    assert connection_of(installation.organization)["state"] == "paused"
    Organization.objects.update(feature_enabled=False)
    assert connection_of(installation.organization)["state"] == "disabled"
