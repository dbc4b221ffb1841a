"""Unicode text: what is kept, what is blank, where it is cut, and that nothing takes time."""

import time

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text import (
    ADDRESS,
    clean,
    cut,
    graphemes,
    is_blank,
    isolated,
    one_line,
    shortened,
    visible_start,
)

FAMILY = "👨‍👩‍👧‍👦"
ENGLAND = "🏴󠁧󠁢󠁥󠁮󠁧󠁿"
PERSIAN = "می‌خواهم"
SINHALA = "ශ්‍රී"
LINE_ENDS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
ANY = st.text(
    st.characters(codec=None)
    | st.sampled_from(
        "👨👩🏽🇯🇵🏴\u200d\u200c\ufe0f\u034f\u3164\u2800\u202e\u2066\u2069\u0301\u2028"
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "a\ufffdb"),
        ("\x1b[31mred\x07", "[31mred"),
        (" \n around \n ", "around"),
        ("\u2800\n around", "around"),
        ("di\u200brect di\u00adrect di\u2060rect \ufeff", "direct direct direct"),
        ("a\u200db\u200cc", "abc"),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 8),
        ("a\u202eb\nc", "a\u202eb\u202c\nc"),
        ("a\u2067\u202eb\u2069c\u202c", "a\u2067\u202ebc\u202c\u2069"),
    ],
)
def test_a_character_that_cannot_be_carried_or_seen_is_taken_out(text, expected):
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        ENGLAND,
        PERSIAN,
        SINHALA,
        "🇯🇵",
        "👍🏽",
        "❤️",
        "1️⃣",
        "🏳️‍🌈",
        "葛󠄀",
        "𠮟る",
        "שלום",
        "🫨",
        "a\tb",
    ],
)
def test_a_mark_that_shapes_a_letter_or_an_emoji_stays(text):
    assert clean(text) == text


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_every_line_end_is_one(end):
    assert clean(f"a{end}b") == "a\nb"
    assert one_line(f"a{end}b") == "a b"


@given(ANY)
def test_a_clean_text_is_clean_can_be_stored_and_turns_no_other_line(text):
    found = clean(text)

    assert clean(found) == found
    assert found.encode().decode() == found
    assert found.splitlines() == [line for line in found.split("\n") if found]
    for line in found.split("\n"):
        assert sum(map(line.count, "\u202a\u202b\u202d\u202e")) == line.count("\u202c")
        assert sum(map(line.count, "\u2066\u2067\u2068")) == line.count("\u2069")


@pytest.mark.parametrize(
    "text",
    ["", "\u200b", " \u3000\n", "\u202e\u2066", "\u3164", "\u2800", "\ufe0f\u034f", "\u115f",
     "\uffa0", "\U000e0041", "\U0001d159", "\u17b4", "\x00", "\ud800"],
)  # fmt: skip
def test_a_text_of_nothing_visible_is_blank(text):
    assert is_blank(text)
    assert one_line(text) in ("", "\ufffd")


@pytest.mark.parametrize("text", ["a", "。", "🙂", "\u200bx", "🫨", "\u0600", "\ufffd"])
def test_a_text_with_anything_visible_is_not(text):
    assert not is_blank(text)


def test_a_name_is_one_line():
    assert one_line(" Taro\n\tYamada\x00 ") == "Taro Yamada"


def test_a_name_cannot_be_a_link_or_turn_the_line_around():
    assert one_line("IT \u202ehttps://evil.example") == "IT https: evil.example"


def test_a_name_written_to_the_left_keeps_its_order_to_itself():
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("Hanako 花子") == "Hanako 花子"


@given(ANY, st.integers(1, 40))
@example(FAMILY * 9, 30)
@example("🇯🇵" * 9, 3)
@example("👍🏽" * 9, 3)
def test_nothing_is_cut_inside_a_grapheme(text, limit):
    whole = list(graphemes(text))
    kept = cut(text, limit)

    assert "".join(whole) == text
    assert len(kept) <= limit
    assert kept in {"".join(whole[:count]) for count in range(len(whole) + 1)}
    assert len(shortened(text, limit)) <= limit
    assert len(one_line(text, limit)) <= limit


@given(ANY)
def test_graphemes_are_those_of_unicode(text):
    assert list(graphemes(text)) == regex.findall(r"\X", text)


def test_a_text_starts_where_one_sees_it():
    assert visible_start("\u3164\u200b =1+1") == "=1+1"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("資料：https://example.com/a。*至急*", "https://example.com/a"),
        ("https://example.com/aを見て", "https://example.com/a"),
        ("「https://example.com/a」", "https://example.com/a"),
        ("(see https://example.com/a(b)).", "https://example.com/a(b)"),
        ("https://example.com/a, and", "https://example.com/a"),
        ("https://example.com/*a*/b_c?d=~e&f=%20#g", "https://example.com/*a*/b_c?d=~e&f=%20#g"),
        ("<https://example.com/>", "https://example.com/"),
        ("HTTPS://[::1]:8000/a!", "HTTPS://[::1]:8000/a"),
        ("https://example.com/`a`", "https://example.com/"),
    ],
)
def test_an_address_ends_where_it_ends(text, address):
    assert [found[0] for found in ADDRESS.finditer(text)] == [address]


HOSTILE = [
    "\u0301", "e\u0301", "🇯", "👨\u200d", "\u200d", "ᄀ", "🏴\U000e0061", "\u0600", " ", "क्\u200d",
    "\ufe0f", "\n\u3164", "\u202e\u2066", "https://", "(a", "(,", ".", "\ud800", "ب\u200c", "👨🏽",
]  # fmt: skip


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(HOSTILE), st.sampled_from(["", *HOSTILE]), st.sampled_from(["", "https://a"])
)
def test_no_text_of_the_length_that_is_accepted_takes_time(piece, other, before):
    text = (before + (piece + other) * 8_000)[:8_000]

    for work in (clean, one_line, is_blank, _count, ADDRESS.findall, lambda t: cut(t, 7_999)):
        assert min(_seconds(work, text) for _ in range(3)) < 0.05


def _count(text: str) -> int:
    return sum(1 for _ in graphemes(text))


def _seconds(work, text: str) -> float:
    started = time.thread_time()
    work(text)
    return time.thread_time() - started
