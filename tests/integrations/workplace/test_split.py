"""Cutting long texts: sizes, graphemes, numbers, and the link at the end."""

import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.workplace.split import LIMIT, split, utf16_units

LINK = "https://app.ovice.com/ws/example"
FAMILY = "👨‍👩‍👧‍👦"
NUMBER = regex.compile(r"^\((\d+)/(\d+)\) ")


def unnumbered(parts: list[str]) -> list[str]:
    return [NUMBER.sub("", part, count=1) for part in parts]


def test_a_text_that_fits_is_one_message_without_a_number():
    assert split("Hello", tail=LINK) == [f"Hello\n\n{LINK}"]
    assert split("a" * LIMIT) == ["a" * LIMIT]


def test_one_unit_more_makes_two_numbered_parts():
    parts = split("a" * (LIMIT + 1))

    assert [part[:6] for part in parts] == ["(1/2) ", "(2/2) "]
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

    assert parts == [f"(1/2) {'a' * 1990}", f"(2/2) {'a' * 5}\n\n{LINK}"]


def test_the_link_gets_a_message_of_its_own_if_need_be():
    parts = split("a" * 3980, tail=LINK)

    assert parts[2] == f"(3/3) {LINK}"


def test_a_link_too_long_for_any_message_is_left_out():
    assert split("Hello", tail="https://example.com/" + "x" * LIMIT) == ["Hello"]


def test_a_single_grapheme_larger_than_a_message_is_cut():
    pile = "e" + "\u0301" * 5000

    assert "".join(unnumbered(split(pile))) == pile


PILE = "e" + "\u0301" * 1500
pieces = st.one_of(st.characters(), st.sampled_from([FAMILY, "👍🏽", PILE, "\r\n", "word ", "한"]))
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
        assert "".join(unnumbered(parts)) in {f"{text}{tail}", f"{text}\n\n{tail}"}


@settings(max_examples=60, deadline=None)
@given(texts)
def test_no_part_ends_inside_a_grapheme(text):
    parts = unnumbered(split(text))
    starts, position = set(), 0
    for grapheme in regex.findall(r"\X", text):
        starts.add(position)
        # Only a grapheme larger than a whole message may be cut.
        if utf16_units(grapheme) > LIMIT - 10:
            starts.update(range(position, position + len(grapheme)))
        position += len(grapheme)

    cuts = {len("".join(parts[:number])) for number in range(1, len(parts))}

    assert cuts <= starts
