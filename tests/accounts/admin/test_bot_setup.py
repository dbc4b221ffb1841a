"""Bot setup page: an owner of a custom integration finds there all that its bot needs to answer."""

import logging
import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.admin.bot_setup import BotSetup, bot_setup
from integrations.models import Installation, InstallationKind
from integrations.targets.port import guide_of

SITE = "https://kotozute.example"


@pytest.fixture
def installation(portal, settings):
    """The custom integration of A, whose app secret is stored."""
    settings.BASE_URL = SITE
    found = portal.installation_a
    found.kind, found.app_secret = InstallationKind.CUSTOM, "f" * 32
    found.save()
    return found


def page_of(portal, who: str, language: str = "en") -> str:
    url = reverse("admin:integrations_organization_connection", args=[portal.a.pk, "workplace"])
    return portal.browser(who).get(url, headers={"accept-language": language}).content.decode()


def setup_of(installation: Installation) -> BotSetup:
    found = bot_setup(installation)
    assert found is not None
    return found


def to_copy(page: str) -> list[str]:
    return re.findall(r'<span class="code">(.*?)</span>', page)


def test_the_page_shows_the_values_that_the_webhook_wants(portal, installation):
    address, word, *fields = to_copy(page_of(portal, "owner A"))
    assert address == f"{SITE}/workplace/webhook/{installation.pk}"
    assert tuple(fields) == guide_of("workplace").webhook_fields
    asked = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "4711"}
    assert Client().get(address.removeprefix(SITE), asked).content == b"4711"


def test_the_fields_are_those_the_bot_listens_to(portal, installation):
    assert set(to_copy(page_of(portal, "owner A"))[2:]) == {
        "messages",
        "messaging_postbacks",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "mention",
    }


@pytest.mark.parametrize("who", ["support", "administrator"])
def test_staff_does_not_see_the_word(portal, installation, who):
    page = page_of(portal, who)
    assert setup_of(installation).verify_token not in page
    assert "Let the bot answer" not in page


def test_the_word_is_in_no_log_and_no_report(portal, installation, caplog):
    caplog.set_level(logging.DEBUG)
    page_of(portal, "owner A")
    setup = setup_of(installation)
    assert setup.verify_token not in caplog.text + repr(setup)


def test_without_an_app_secret_that_is_asked_for_first(portal, installation):
    installation.app_secret = ""
    installation.save()
    page = page_of(portal, "owner A")
    assert "The app secret is needed first" in page
    assert to_copy(page) == []


def test_the_app_needs_nothing_of_its_owner(portal, installation):
    installation.kind = InstallationKind.THIRD_PARTY
    installation.save()
    assert "Let the bot answer" not in page_of(portal, "owner A")


def test_it_is_there_in_japanese(portal, installation):
    assert "ボットに返信させる" in page_of(portal, "owner A", "ja")
