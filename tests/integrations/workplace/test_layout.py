"""Laying a notice out: its order, and text that stays plain text in Work Chat."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.targets import Notice
from integrations.workplace.layout import lay_out, neutralise

LINK = "https://app.ovice.com/ws/example"


def test_a_notice_reads_from_headline_to_link():
    notice = Notice("Hanako wrote to you", "See you at noon", ("In space Example",), LINK)

    assert lay_out(notice) == [
        f"Hanako wrote to you\n\nSee you at noon\n\nIn space Example\n\n{LINK}"
    ]


def test_what_a_notice_lacks_leaves_no_gap():
    assert lay_out(Notice("Headline", "")) == ["Headline"]
    assert lay_out(Notice("", "Text", ("one", "two"))) == ["Text\n\none\ntwo"]


def test_a_long_notice_keeps_its_link_whole_at_the_end():
    parts = lay_out(Notice("Headline", "word " * 1000, ("Footnote",), LINK))

    assert parts[0].startswith("(1/3) Headline\n\nword")
    assert parts[2].endswith(f"Footnote\n\n{LINK}")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("*bold*", "∗bold∗"),
        ("これは*重要*です", "これは∗重要∗です"),
        ("_slanted_ and ~struck~", "ˍslantedˍ and ∼struck∼"),
        ("**very**", "∗∗very∗∗"),
        ("`code`", "ˋcodeˋ"),
        ("```\nblock\n```", "ˋˋˋ\nblock\nˋˋˋ"),
        ("hello @[100] there", "hello @\u2060[100] there"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("\ud83d\ude00 \ud800", "😀 \ufffd"),
    ],
)
def test_marks_of_the_chat_lose_their_meaning(text, plain):
    assert neutralise(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "5 * 3 * 2",
        "snake_case_name",
        "ls *.py",
        "it`s",
        "ada@example.com",
        "@Hanako hello",
        "https://example.com/a_b/c~d",
        "one *\ntwo*",
        "tab\tand\nline",
    ],
)
def test_what_the_chat_shows_as_it_is_stays_as_it_is(text):
    assert neutralise(text) == text


def test_an_address_is_kept_between_marks():
    assert (
        neutralise("*see https://example.com/_a_ now*") == "∗see https://example.com/%5Fa%5F now∗"
    )


def test_a_hostile_text_takes_no_time():
    started = time.perf_counter()

    for piece in ("*a ", "https://", "_", "`", "@["):
        neutralise(piece * (64 * 1024 // len(piece)))

    assert time.perf_counter() - started < 2


@given(st.text())
def test_neutral_text_stays_neutral_and_never_grows_marks(text):
    once = neutralise(text)

    assert neutralise(once) == once
    assert "@[" not in once


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.com/*a*", "https://example.com/%2Aa%2A"),
        ("https://example.com/ _x_ ~y~/", "https://example.com/ ˍxˍ ∼y∼/"),
        ("https://example.com/`a`", "https://example.com/%60a%60"),
        ("https://example.com/@[123]", "https://example.com/%40[123]"),
        ("https://example.com/snake_case_name", "https://example.com/snake_case_name"),
    ],
)
def test_marks_in_an_address_are_encoded_and_it_leads_to_the_same_place(address, expected):
    assert neutralise(address) == expected
