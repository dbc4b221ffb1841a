"""Replies of the bot fit where they are said, and exist in every language."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.timezone import now

from accounts.members.preferences import UNTIL_RESUMED, pause
from integrations.targets.port import Choice, Page
from messaging.bot import replies
from messaging.bot.conversation import Answer
from messaging.bot.person import standing_of
from messaging.bot.profile import introductions
from messaging.delivery.postbacks import Code
from tests.factories import make_installation, make_link

pytestmark = pytest.mark.django_db
LANGUAGES = [language for language, _name in settings.LANGUAGES]
ADDRESS = re.compile(r"https?://\S+")


def standings():
    """Return every kind of person the bot can speak with."""
    installation = make_installation()
    linked, resting, paused = (make_link(installation) for _ in range(3))
    pause(resting.member, UNTIL_RESUMED)
    pause(paused.member, now() + timedelta(hours=1))
    ended = make_link(installation, removed_at=now(), removed_reason="user")
    accounts = [link.account_id for link in (linked, resting, paused, ended)]
    return [standing_of(installation, account_id) for account_id in [*accounts, "1"]]


def everything(language):
    """Yield all that the bot can say."""
    for standing in standings():
        for answer in Answer:
            yield replies.saying(answer, standing, language=language)


def words(saying):
    """Return each line and title of a saying."""
    titles = [item.title for item in (*saying.choices, *saying.pages)]
    return [*saying.text.split("\n"), *titles]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_the_platforms_limits(language):
    for said in everything(language):
        assert 0 < len(said.text) <= 640
        assert len(said.pages) <= 3
        assert all(len(item.title) <= 20 for item in (*said.choices, *said.pages))


@pytest.mark.parametrize("language", LANGUAGES)
def test_greeting_and_menu_fit_the_platforms_limits(language):
    shown = introductions()[language]
    assert len(shown.greeting) <= 160
    assert 0 < len(shown.menu) <= 3
    assert all(len(item.title) <= 30 for item in shown.menu)


def test_every_choice_is_understood():
    offered = {choice.code for said in everything("en") for choice in said.choices}
    assert offered <= {code.value for code in Code}
    assert offered == {code.value for code in Code} - {Code.START.value}


@pytest.mark.parametrize("language", ["ja", "ko"])
def test_nothing_is_said_in_english_to_others(language):
    english = {word for said in everything("en") for word in words(said)}
    others = {word for said in everything(language) for word in words(said)}
    assert {word for word in english & others if not ADDRESS.sub("", word).isspace()} == set()


def test_no_text_escapes_translation(monkeypatch):
    """In a language that puts everything into brackets, nothing stands outside of them."""
    real = translation.gettext
    monkeypatch.setattr(replies, "gettext", lambda text: f"⟦{real(text)}⟧")
    found = {word for said in everything("en") for word in words(said)}
    assert {word for word in found if not (word.startswith("⟦") and word.endswith("⟧"))} == set()


def test_pages_lead_to_us_and_to_ovice(settings):
    settings.BASE_URL = "https://relay.example.com"
    pages = {page.url for said in everything("en") for page in said.pages}
    assert pages == {"https://relay.example.com/link/", "https://app.ovice.com/"}
    menu = introductions()["en"].menu
    assert [type(item) for item in menu] == [Choice, Choice, Page]


def test_help_names_whom_to_ask_in_the_organization():
    [linked, *_others] = standings()
    linked.installation.organization.support_contact = "IT desk, floor 3"
    said = replies.saying(Answer.HELP, linked, language="en")
    assert "In your organization, ask: IT desk, floor 3" in said.text
