"""A bot goes on hearing and answering when its token is replaced."""

import pytest

from accounts.linking.relink import resolve_links
from integrations.connections.connect import connect
from integrations.models import InstallationKind
from integrations.targets.port import Credentials
from messaging.models import DeliveryState
from messaging.models.bot import ReceivedUpdate
from tests.factories import make_delivery
from tests.messaging.bot.conftest import arrived, owed, work_off
from tests.messaging.draining import run

pytestmark = pytest.mark.django_db


def replace_token(chat) -> None:
    office = chat.office
    token = office.sandbox.reset_token(office.integration.page_id)
    office.installation = connect(
        office.organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(token),
    )
    resolve_links(office.installation.pk)


def test_after_a_new_token_the_bot_answers(hanako):
    replace_token(hanako)
    hanako.sends("kotozute.status")
    hanako.settle()
    assert len(hanako.from_bot()) == 1


def test_a_tap_that_came_before_the_new_token_is_answered_after_it(hanako):
    hanako.sends("kotozute.stop.yes")
    arrived(hanako.office)
    replace_token(hanako)
    work_off(hanako.office)
    assert "Stopped" in hanako.from_bot()[-1]["text"]
    assert owed() == []


def test_an_echo_that_came_before_the_new_token_still_proves(hanako, settings):
    settings.RELAY_LANES = 1
    delivery = make_delivery(hanako.office.installation.links.get())
    hanako.office.sandbox.fault("cut_after", calls=1)
    run(hanako.office)
    arrived(hanako.office)
    replace_token(hanako)
    work_off(hanako.office)
    run(hanako.office)
    delivery.refresh_from_db()
    assert (delivery.parts_echoed, delivery.state) == (1, DeliveryState.DELIVERED)
    assert not ReceivedUpdate.objects.filter(handled_at=None).exists()
