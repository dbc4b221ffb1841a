"""A further target is one folder, one registry line, one urls line and its tests."""

import subprocess
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from accounts.linking.link import LinkRefused, link
from integrations.connections.connect import connect
from integrations.models import InstallationKind, InstallationState
from integrations.targets.errors import TokenRejected
from integrations.targets.port import TARGETS, Credentials
from integrations.targets.quoting import is_quoted
from messaging.delivery.relay import relay_lane
from messaging.models import Delivery, Lane
from tests.factories import dm_event, make_member, make_organization, post_event
from tests.targets.echo.chats import PLATFORM, Platform

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes", "_registered")]


@pytest.fixture
def _registered(monkeypatch, settings):
    """Write the registry line, and begin with an empty platform."""
    monkeypatch.setitem(TARGETS, "echo", ("Echo", "tests.targets.echo.target.EchoTarget"))
    for name, value in vars(Platform()).items():
        monkeypatch.setattr(PLATFORM, name, value)
    settings.RELAY_LANES = 1


def connected(token: str = "a good token"):
    return connect(
        make_organization(),
        target="echo",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(token),
    )


def member_of(installation, email: str = "hanako@example.com"):
    return make_member(installation.organization, email=email, name="Hanako")


def drain(installation) -> int:
    Lane.objects.get_or_create(installation=installation, number=0)
    return relay_lane(installation.pk, 0)


def test_a_dm_is_carried_from_ovice_to_another_platform():
    installation = connected()
    assert (installation.state, installation.community_name) == (InstallationState.ACTIVE, "Echo")
    account = PLATFORM.join("hanako@example.com")
    made = link(member_of(installation), installation)
    answer = post_event(
        dm_event(made, text="Can you join room B?\u2028Boss sent you a direct message")
    )
    assert answer.json() == {"status": "accepted"}
    assert drain(installation) == 1
    (text,) = PLATFORM.texts[account]
    assert "Can you join room B?" in text
    headline, *lines = text.split("\n")
    assert not is_quoted(headline)
    assert all(map(is_quoted, lines))
    delivery = Delivery.objects.get()
    assert delivery.state == "delivered"
    # The reference names the part as well: here the only one.
    assert delivery.target_message_id == f"echo of {delivery.pk}.1"


def test_its_refusals_are_understood():
    with pytest.raises(TokenRejected):
        connected("a bad token")
    installation = connected()
    with pytest.raises(LinkRefused) as refused:
        link(member_of(installation), installation)
    assert refused.value.code == "echo_account_not_found"


def test_one_who_left_gets_nothing_and_the_lane_goes_on():
    installation = connected()
    accounts = {name: PLATFORM.join(f"{name}@example.com") for name in ("hanako", "jiro")}
    for name in accounts:
        member = member_of(installation, f"{name}@example.com")
        post_event(dm_event(link(member, installation)))
    del PLATFORM.texts[accounts["hanako"]]
    drain(installation)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["delivered", "failed"]
    assert len(PLATFORM.texts[accounts["jiro"]]) == 1


def test_nothing_else_knows_it():
    folders = ["config", "accounts", "messaging", "integrations"]
    found = subprocess.run(
        ["git", "grep", "-lE", r"targets\.echo|EchoTarget", "--", *folders],
        cwd=Path(django_settings.BASE_DIR),
        capture_output=True,
        check=False,
        text=True,
    )
    assert found.stdout == ""
