import io
import re
from collections import Counter
from gettext import GNUTranslations

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

from tests.config.catalogs import marked_texts

CATALOGS = sorted((settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/django.po"))


def catalog_of(path):
    with path.open("rb") as source:
        return read_po(source, locale=path.parts[-3])


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_the_compiled_catalog_is_in_step(path):
    fresh = io.BytesIO()
    write_mo(fresh, catalog_of(path))
    fresh.seek(0)
    committed = io.BytesIO(path.with_suffix(".mo").read_bytes())
    assert texts_of(GNUTranslations(committed)) == texts_of(GNUTranslations(fresh))


def texts_of(translations: GNUTranslations) -> dict[object, str]:
    """Return the translated texts, without the header, which holds the time of compiling."""
    catalog: dict[object, str] = vars(translations)["_catalog"]
    return {key: text for key, text in catalog.items() if key}


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_no_text_is_translated_twice(path):
    # A merge may leave two of them; babel takes the first without a word.
    begun = re.findall(r"^(?:msgctxt .*\n)?msgid (?:\".*\"\n)+", path.read_text(), re.MULTILINE)
    assert [text for text, times in Counter(begun).items() if times > 1] == []
    assert re.findall(r"^msgstr .*\n(?:\".*\"\n)*msgstr .*", path.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_every_text_is_translated(path):
    catalog = catalog_of(path)
    wanting = [message.id for message in catalog if message.fuzzy or not message.string]
    assert [text for text in wanting if text] == []


def test_every_text_for_people_is_there_in_japanese():
    japanese = next(path for path in CATALOGS if "ja" in path.parts)
    known = {id_of(message) for message in catalog_of(japanese)}
    assert marked_texts("accounts", "integrations", "messaging", "templates") - known == set()


# Texts that members see and are written: pages, refusals, mails, copies, the bot.
FOR_MEMBERS = [
    "accounts/linking/welcome.py",
    "accounts/linking/invite.py",
    "accounts/pages",
    "accounts/linking/texts.py",
    "accounts/linking/status.py",
    "accounts/views",
    "messaging/bot",
    "messaging/monitoring/canary.py",
    "messaging/delivery/render.py",
    "templates/400.html",
    "templates/403.html",
    "templates/403_csrf.html",
    "templates/404.html",
    "templates/405.html",
    "templates/500.html",
    "templates/account",
    "templates/base.html",
    "templates/home.html",
    "templates/link",
    "templates/parts",
    "templates/removal.html",
]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-3])
def test_all_that_members_see_is_translated(path):
    known = {id_of(message) for message in catalog_of(path)}
    assert marked_texts(*FOR_MEMBERS) - known == set()


def id_of(message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
