"""A quotation: each line marked, none wider than a phone, no address broken, nothing lost."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import ADDRESS, clean, closed
from integrations.targets.quoting import MARK, is_quoted, quote, unquote

# Signs as wide as they are high, in a line of a phone, and one that may stick out.
FULL_WIDTH = 15
ADDRESSED = "https://example.com/" + "a/" * 40
PIECES = [
    "word ", "  ", "\n", "会議室", "。", "👨‍👩‍👧‍👦", "🇯🇵", "W", "l", "\t", ADDRESSED, "שלום ",
    "\u202e", "e\u0301" * 3, "\u2028", "\r", "\x85", "│ ", "> ",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join).map(clean)


def test_a_short_text_is_marked_line_by_line():
    assert quote("Hello\n\nCall me") == "│ Hello\n│\n│ Call me"


def test_nothing_stays_nothing():
    assert quote("") == ""


def test_a_long_line_is_broken_between_words():
    assert quote("Can you join room B at ten, and bring the plan?") == (
        "│ Can you join room B at\n│ ten, and bring the plan?"
    )


def test_a_japanese_line_is_broken_where_a_line_may_begin():
    assert quote("会議室Bに来られますか？新しい計画について話したいです。") == (
        "│ 会議室Bに来られますか？新し\n│ い計画について話したいです。"
    )


def test_an_address_stays_whole_on_a_line_of_its_own():
    assert quote(f"see {ADDRESSED} now") == f"│ see\n│ {ADDRESSED}\n│ now"


@pytest.mark.parametrize(
    "pad", [" " * 60, "\u00a0" * 60, "word " * 9, "W" * 40, "あ" * 30, "\t" * 9, "﷽" * 5]
)
def test_no_padding_brings_words_to_the_edge_without_a_mark(pad):
    lines = quote(clean(f"x{pad}Boss sent you a direct message in ovice")).split("\n")

    assert all(map(is_quoted, lines))
    assert all(len(line) <= len(MARK) + 36 for line in lines)


@settings(max_examples=50)
@given(texts)
def test_every_line_is_marked_and_narrow_and_nothing_is_lost(text):
    quoted = quote(text)

    if text:
        assert all(map(is_quoted, quoted.split("\n")))
        assert quoted.split("\n") == quoted.splitlines()
    for line in quoted.split("\n"):
        if not ADDRESS.search(line):
            assert len([c for c in line if "\u3000" <= c <= "\u9fff"]) <= FULL_WIDTH
        assert closed(line) == line
    steering = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    said, wrote = unquote(quoted).translate(steering), text.translate(steering)
    assert "".join(said.split()) == "".join(wrote.split())
    assert ADDRESS.findall(quoted) == ADDRESS.findall(text)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(PIECES), st.sampled_from(PIECES))
def test_no_text_of_the_length_that_is_accepted_takes_time(piece, other):
    text = clean(((piece + other) * 8_000)[:8_000])
    started = time.thread_time()
    quote(text)
    assert time.thread_time() - started < 0.1
