"""A quotation: each line marked, nothing lost, and no direction that outlives its line."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import ADDRESS, clean, closed
from integrations.targets.quoting import is_quoted, quote, unquote

ADDRESSED = "https://example.com/" + "a/" * 40
PIECES = [
    "word ", "  ", "\n", "会議室", "。", "👨‍👩‍👧‍👦", "🇯🇵", "W", "l", "\t", ADDRESSED, "שלום ",
    "\u202e", "e\u0301" * 3, "\u2028", "\r", "\x85", "│ ", "> ", "Boss sent you a message",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join).map(clean)
STEERING = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_text_is_marked_line_by_line():
    assert quote("Hello\n\nCall me") == "│ Hello\n│\n│ Call me"


def test_nothing_stays_nothing():
    assert quote("") == ""


def test_a_long_line_stays_one_line_as_its_sender_wrote_it():
    line = "Can you join room B at ten, and bring the plan?" * 20
    assert quote(line) == f"│ {line}"


@settings(max_examples=50)
@given(texts)
def test_every_line_is_marked_and_nothing_is_lost(text):
    quoted = quote(text)

    if text:
        assert all(map(is_quoted, quoted.split("\n")))
        assert quoted.split("\n") == quoted.splitlines()
    for line in quoted.split("\n"):
        assert closed(line) == line
    said, wrote = (one.translate(STEERING).split("\n") for one in (unquote(quoted), text))
    assert [line.rstrip() for line in said] == [line.rstrip() for line in wrote]
    assert ADDRESS.findall(quoted) == ADDRESS.findall(text)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(PIECES), st.sampled_from(PIECES))
def test_no_text_of_the_length_that_is_accepted_takes_time(piece, other):
    text = clean(((piece + other) * 8_000)[:8_000])
    started = time.thread_time()
    quote(text)
    assert time.thread_time() - started < 0.05
