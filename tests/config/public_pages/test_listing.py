"""The app's entry keeps to every limit of the platform, and what it names is really there."""

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from PIL import Image

from config.public_pages.listing import listing

pytestmark = pytest.mark.django_db
# The platform's limits for an app's details.
TAGLINE_LENGTH, DESCRIPTION_WORDS, ICON_PIXELS = 40, 50, 1024


def test_the_texts_are_short_enough():
    entry = listing()
    assert 0 < len(entry.tagline) <= TAGLINE_LENGTH
    assert 0 < len(entry.description.split()) <= DESCRIPTION_WORDS
    assert "" not in entry.fields().values()


def test_the_icon_is_a_large_png_with_a_transparent_background():
    path = finders.find("listing/icon.png")
    assert path is not None
    with Image.open(path) as icon:
        assert (icon.format, icon.mode, icon.size) == ("PNG", "RGBA", (ICON_PIXELS,) * 2)
        opacity = icon.getchannel("A")
        assert {opacity.getpixel((x, y)) for x in (0, 1023) for y in (0, 1023)} == {0}
        assert opacity.getpixel((512, 700)) == 255


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("page", ["marketing", "terms", "privacy", "support"])
def test_every_page_is_served_in_both_languages(page, language, settings):
    address = listing().fields()[page]
    path = address.removeprefix(settings.BASE_URL)
    answer = Client().get(path, headers={"accept-language": language})
    text = answer.content.decode()
    assert (answer.status_code, f'<html lang="{language}">' in text) == (200, True)
    japanese = sum("\u3040" <= letter <= "\u30ff" for letter in text)
    assert (japanese > 100) == (language == "ja")


def test_the_pages_name_publisher_and_contact(settings):
    settings.PUBLISHER, settings.SUPPORT_EMAIL = "Example Works", "help@example.com"
    assert "Example Works" in Client().get("/terms/").content.decode()
    assert "mailto:help@example.com" in Client().get("/support/").content.decode()


def test_the_command_prints_every_field(capsys):
    call_command("app_listing")
    lines = capsys.readouterr().out.splitlines()
    assert dict(line.split(": ", 1) for line in lines) == listing().fields()
