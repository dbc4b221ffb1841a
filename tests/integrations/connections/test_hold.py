from datetime import timedelta

import pytest
from django.utils.timezone import now

from integrations.connections.hold import hold, need_attention
from integrations.models import Installation, InstallationState
from tests.factories import make_installation

pytestmark = pytest.mark.django_db


def test_a_longer_hold_is_never_shortened():
    installation, soon, later = make_installation(), now(), now() + timedelta(hours=1)
    hold(installation, until=later, reason="blocked")
    hold(installation, until=soon, reason="rate_limited")
    installation.refresh_from_db()
    assert (installation.held_until, installation.hold_reason) == (later, "blocked")


def test_an_installation_may_send_again_when_its_hold_is_over():
    installation, until = make_installation(), now() + timedelta(minutes=1)
    hold(installation, until=until, reason="rate_limited")
    assert not Installation.objects.sendable(until - timedelta(seconds=1)).exists()
    assert Installation.objects.sendable(until).exists()


def test_only_an_active_installation_needs_attention():
    installation = make_installation(state=InstallationState.REMOVED)
    need_attention(installation, reason="token_rejected")
    installation.refresh_from_db()
    assert installation.state == InstallationState.REMOVED


def test_the_latest_reason_is_the_one_that_is_shown():
    installation = make_installation()
    need_attention(installation, reason="token_rejected")
    need_attention(installation, reason="permission_missing")
    installation.refresh_from_db()
    assert installation.attention_reason == "permission_missing"
