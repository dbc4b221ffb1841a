"""Buttons below a relayed DM."""

import pytest
from django.utils.timezone import now

from integrations.models import Installation
from messaging.delivery.offers import offers
from tests.factories import make_delivery
from tests.messaging.draining import run

LINK = "https://app.ovice.com/ws/tokyo-hq"


def titles(office, name="Hanako"):
    message = office.sandbox.chat(office.accounts[name])[-1]
    payload = (message["attachment"] or {}).get("payload", {})
    return [button["title"] for button in payload.get("buttons", [])]


def relay(office, text="Can you join room B?", *, hears=True, **person):
    """Relay one DM and return the titles of the buttons that its reader sees."""
    Installation.objects.update(told_at=now() if hears else None)
    make_delivery(office.join("Hanako", **person), text, deep_link=LINK)
    run(office)
    return titles(office)


@pytest.fixture(autouse=True)
def _one_lane(settings, wakes, db):
    settings.RELAY_LANES = 1


def test_a_dm_can_be_opened_in_ovice_and_paused(office):
    assert relay(office) == ["Open in ovice", "Pause"]
    assert "Can you join room B?" in office.texts("Hanako")[0]


def test_the_buttons_speak_the_readers_language(office):
    assert relay(office, locale="ja_JP") == ["oviceで開く", "一時停止"]


def test_no_tap_is_offered_that_nobody_would_hear(office):
    assert relay(office, hears=False) == ["Open in ovice"]


def test_a_text_that_leaves_no_room_goes_without(office):
    assert relay(office, "long " * 150) == []
    assert office.texts("Hanako")[0].endswith(LINK)


def test_only_the_last_text_of_a_long_message_carries_buttons(office):
    relay(office, "word " * 410)
    messages = office.sandbox.chat(office.accounts["Hanako"])
    assert [bool(message["attachment"]) for message in messages] == [False, True]


def test_without_a_link_there_is_nothing_to_open():
    assert offers(locale="en", link="", hears=False) == ()
