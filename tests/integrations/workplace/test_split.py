"""Cutting long texts: sizes, graphemes, numbers, and the link at the end."""

import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text import graphemes
from integrations.targets.quoting import MARK, is_quoted
from integrations.workplace.split import LIMIT, split, utf16_units

LINK = "https://app.ovice.com/ws/example"
FAMILY = "👨‍👩‍👧‍👦"
NUMBER = regex.compile(r"^\((\d+)/(\d+)\)\n")


def unnumbered(parts: list[str]) -> list[str]:
    return [NUMBER.sub("", part, count=1) for part in parts]


def test_a_text_that_fits_is_one_message_without_a_number():
    assert split("Hello", tail=LINK) == [f"Hello\n\n{LINK}"]
    assert split("a" * LIMIT) == ["a" * LIMIT]


def test_one_unit_more_makes_two_numbered_parts():
    parts = split("a" * (LIMIT + 1))

    assert [part[:6] for part in parts] == ["(1/2)\n", "(2/2)\n"]
    assert "".join(unnumbered(parts)) == "a" * (LIMIT + 1)


def test_length_is_counted_as_workplace_counts_it():
    assert utf16_units("aé漢😀") == 5
    assert len(split("😀" * 1000)) == 1
    assert len(split("😀" * 1001)) == 2


def test_a_family_is_never_torn_apart():
    parts = unnumbered(split(FAMILY * 400))

    assert [part.replace(FAMILY, "") for part in parts] == [""] * len(parts)


def test_a_part_ends_after_white_space():
    parts = unnumbered(split("word " * 900))

    assert all(part.endswith("word ") for part in parts)


def test_the_link_stands_whole_below_the_last_words():
    parts = split("a" * 1995, tail=LINK)

    assert parts == [f"(1/2)\n{'a' * 1990}", f"(2/2)\n{'a' * 5}\n\n{LINK}"]


def test_the_link_gets_a_message_of_its_own_if_need_be():
    parts = split("a" * 3980, tail=LINK)

    assert parts[2] == f"(3/3)\n{LINK}"


def test_a_link_too_long_for_any_message_is_left_out():
    assert split("Hello", tail="https://example.com/" + "x" * LIMIT) == ["Hello"]


def test_a_single_grapheme_larger_than_a_message_is_cut():
    pile = "e" + "\u0301" * 5000

    assert "".join(unnumbered(split(pile))) == pile


PILE = "e" + "\u0301" * 1500
pieces = st.one_of(st.characters(), st.sampled_from([FAMILY, "👍🏽", PILE, "\n", "word ", "한"]))
LONGEST = 10_000
texts = st.builds(
    lambda parts, times: ("".join(parts) * times)[:LONGEST],
    st.lists(pieces, min_size=1, max_size=12),
    st.integers(1, 400),
)


@settings(max_examples=60, deadline=None)
@given(text=texts, tail=st.sampled_from(["", LINK]))
@example(text="\ud800" * 2500, tail="")
@example(text=("a" * 900 + " " + "b" * 900 + PILE) * 2, tail=LINK)
def test_nothing_is_lost_and_every_part_fits(text, tail):
    parts = split(text, tail=tail)

    assert max(map(utf16_units, parts)) <= LIMIT
    assert parts[-1].endswith(tail)
    if len(parts) > 1:
        assert joined(unnumbered(parts)) == joined([text, tail])


@settings(max_examples=60, deadline=None)
@given(texts)
def test_no_part_ends_inside_a_grapheme(text):
    assert whole(unnumbered(split(text))) == whole([text])


def test_a_quoted_line_that_goes_on_in_the_next_part_stays_quoted():
    address = "https://example.com/" + "a" * 5_000
    parts = split(f"Headline\n\n{MARK}see\n{MARK}{address}", tail=LINK)
    lines = "\n".join(unnumbered(parts)).split("\n")

    assert max(map(utf16_units, parts)) <= LIMIT
    assert [line for line in lines if not is_quoted(line)] == ["Headline", "", "", LINK]
    assert "".join(line.removeprefix(MARK) for line in lines[3:-2]) == address


def joined(texts: list[str]) -> str:
    """Return the texts without their line ends, which parts begin and end with."""
    return "".join(texts).replace("\n", "")


def whole(texts: list[str]) -> list[str]:
    """Return the graphemes of all lines; those larger than a message, which are cut, in letters."""
    found = [one for text in texts for line in text.split("\n") for one in graphemes(line)]
    units = ([one] if utf16_units(one) <= LIMIT - 10 else list(one) for one in found)
    return [one for some in units for one in some]
