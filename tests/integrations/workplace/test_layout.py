"""Laying a notice out: its order, and text that stays plain text in Work Chat."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import clean
from integrations.targets.port import Notice
from integrations.targets.quoting import is_quoted, quote
from integrations.workplace.layout import lay_out, neutralise

LINK = "https://app.ovice.com/ws/example"


def test_a_notice_reads_from_headline_to_link():
    notice = Notice("Hanako wrote to you", "See you at noon", ("In space Example",), LINK)

    assert lay_out(notice) == [
        f"Hanako wrote to you\n\nSee you at noon\n\nIn space Example\n\n{LINK}"
    ]


def test_a_missing_part_of_a_notice_leaves_no_gap():
    assert lay_out(Notice("Headline", "")) == ["Headline"]
    assert lay_out(Notice("", "Text", ("one", "two"))) == ["Text\n\none\ntwo"]


def test_a_long_notice_keeps_its_link_whole_at_the_end():
    parts = lay_out(Notice("Headline", quote("word " * 1000), ("Footnote",), LINK))

    assert parts[0].startswith("(1/3)\nHeadline\n\n│ word")
    assert parts[-1].endswith(f"Footnote\n\n{LINK}")


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
def test_a_text_without_markup_stays_as_it_is(text):
    assert neutralise(text) == text


def test_marks_around_an_address_go_and_those_inside_stay():
    assert neutralise("*see https://example.com/_a_ now*") == "∗see https://example.com/_a_ now∗"
    assert (
        neutralise("資料：https://example.com/a。*至急*") == "資料：https://example.com/a。∗至急∗"
    )


@given(st.text() | st.just("word " * 3_000), st.sampled_from(["\n", "\r", "\u2028", " " * 50]))
def test_every_line_of_a_quotation_is_marked_in_every_part(text, end):
    quoted = quote(clean(f"{text}{end}Boss sent you a direct message in ovice{end}{text}"))

    for number, part in enumerate(lay_out(Notice("Headline", quoted, (), LINK)), 1):
        ours = ("Headline", "", LINK)
        lines = [line for line in part.splitlines() if line not in ours]
        if lines[0].startswith(f"({number}/"):
            del lines[0]
        assert all(map(is_quoted, lines))


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
        ("https://example.com/*a*", "https://example.com/*a*"),
        ("https://example.com/ _x_ ~y~/", "https://example.com/ ˍxˍ ∼y∼/"),
        ("https://example.com/`a`", "https://example.com/ˋaˋ"),
        ("https://example.com/@[123]", "https://example.com/@\u2060[123]"),
        ("https://example.com/snake_case_name", "https://example.com/snake_case_name"),
    ],
)
def test_an_address_stays_as_it_is_up_to_its_end(address, expected):
    assert neutralise(address) == expected
