"""Words typed do what buttons do: each button has one in each language, and no other text has."""

import re
import unicodedata

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from hypothesis import given
from hypothesis import strategies as st

from integrations.targets.events import SAID_LENGTH
from messaging.bot.conversation import Answer
from messaging.bot.person import standing_of
from messaging.bot.replies import saying
from messaging.bot.words import WORDS, code_of
from messaging.delivery.postbacks import Code
from messaging.models.bot import ReceivedUpdate
from tests.factories import make_link
from tests.messaging.bot.conftest import Chat, arrived
from tests.messaging.bot.test_replies import everything
from tests.messaging.bot.test_turn import last, link_of, rests

LANGUAGES = [language for language, _name in settings.LANGUAGES]
EACH = [(word, code) for words in WORDS.values() for code, some in words.items() for word in some]
# Answers for a colleague; after the question these are on buttons.
ANSWERS_TO_COLLEAGUES = {Code.PAUSE_HOUR, Code.PAUSE_TODAY}
# Characters that people put around and between the letters of a word.
AROUND = st.text(st.sampled_from(" \t\n\u3000!！?？。、.,…/「」()*_~\u200b\ufe0f🙏👍"), max_size=8)


def test_every_button_has_a_word_in_every_language_and_no_word_means_two():
    assert set(WORDS) == set(LANGUAGES)
    assert all(set(words) == set(Code) and all(words.values()) for words in WORDS.values())
    assert len({word for word, _code in EACH}) == len(EACH)


@given(st.sampled_from(EACH), AROUND, AROUND, st.sampled_from(["NFC", "NFD", "NFKD"]))
def test_a_word_is_known_however_it_is_spelled(each, before, after, form):
    word, code = each
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)
    for spelled in (word, word.upper(), word.title(), wide, unicodedata.normalize(form, word)):
        assert code_of(f"{before}{spelled}{after}") == code


@given(st.text(max_size=2 * SAID_LENGTH))
def test_any_typed_text_is_a_word_or_is_not(text):
    assert code_of(text) in {None, *Code}


SENTENCES = ["", "?", "help please", "please stop", "stop it!", "today", "1 hour", "yes", "いいえ"]


@pytest.mark.parametrize("text", [*SENTENCES, "停止しますか", "네", "help" + " " * SAID_LENGTH])
def test_a_sentence_or_an_answer_to_a_colleague_is_no_word(text):
    assert code_of(text) is None


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_of_a_button_can_be_typed(language):
    shown = {
        (choice.title, choice.code) for said in everything(language) for choice in said.choices
    }
    typed = {(title, code) for title, code in shown if Code(code) not in ANSWERS_TO_COLLEAGUES}
    assert typed
    assert {(title, code_of(title)) for title, _code in typed} == typed


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_the_bot_names_work(language):
    with translation.override(language):
        said = gettext("These words work: help, status, pause, resume, stop.")
    named = re.split(r"[,、]", re.split(r"[:：]", said)[1])
    assert [code_of(word) for word in named] == [
        *(Code.HELP, Code.STATUS, Code.PAUSE, Code.RESUME, Code.STOP)
    ]


def ends(chat: Chat) -> tuple[object, ...]:
    """Return what has become of link and rest, and what the bot said, but for its moments."""
    return bool(link_of(chat).removed_at), bool(rests(chat)), re.sub(r"\d", "0", chat.transcript())


@pytest.mark.parametrize("code", Code)
def test_a_word_leads_where_its_button_leads(linked_up, new_office, code):
    found = set()
    for act in ({"payload": code.value}, {"text": WORDS["ja"][code][0]}):
        office = linked_up(new_office())
        office.join("Hanako")
        chat = Chat(office, "Hanako")
        office.sandbox.act(chat.person, chat.page, **act)
        chat.settle()
        found.add(ends(chat))
    assert len(found) == 1
    assert "Nobody reads" not in str(found)


def test_a_pause_and_a_stop_can_be_typed_from_beginning_to_end(hanako):
    hanako.writes("ｐａｕｓｅ　１ hour!")
    assert rests(hanako) is not None
    hanako.writes("RESUME")
    assert rests(hanako) is None
    hanako.writes("停止")
    assert link_of(hanako).removed_at is None
    hanako.writes("Yes, stop.")
    assert link_of(hanako).removed_at is not None
    hanako.writes("되돌리기")
    assert "linked again" in last(hanako)


def test_nothing_of_what_was_typed_is_kept(hanako):
    hanako.office.sandbox.act(hanako.person, hanako.page, text="ＨＥＬＰ")
    hanako.office.sandbox.act(hanako.person, hanako.page, text="my secret")
    arrived(hanako.office)
    kept = set(ReceivedUpdate.objects.values_list("kind", "code", "reference"))
    assert kept == {("tapped", "kotozute.help", ""), ("wrote", "", "")}


def test_other_text_is_answered_with_the_words(hanako):
    hanako.writes("pause please")
    assert "These words work: help, status, pause, resume, stop." in last(hanako)
    assert rests(hanako) is None


@pytest.mark.django_db
def test_the_words_are_named_in_everybodys_language():
    standing = standing_of((link := make_link()).installation, link.account_id)
    assert "停止" in saying(Answer.ONE_WAY, standing, language="ja").text
