import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.cleaning import clean, one_line
from messaging.content import Content, is_blank, plain_text


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("Hello<br />World", "Hello\nWorld"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ('<span class="x"><img src="https://evil.example/x.png" alt=":tada:"></span>', ":tada:"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<img src=x>", ""),
        ("<b>open", "open"),
        ("<!-- hidden -->shown", "shown"),
    ],
)
def test_html_is_reduced_to_what_one_reads(markup, expected):
    assert plain_text(markup, "html") == expected


def test_plain_text_keeps_what_looks_like_markup():
    assert plain_text("<b>not bold</b> &amp;", "plain") == "<b>not bold</b> &amp;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "a\ufffdb"),
        ("👨‍👩‍👧‍👦 and 𠮟る", "👨‍👩‍👧‍👦 and 𠮟る"),
        ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
        (
            "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
            "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
        ),
        ("\x1b[31mred\x07", "[31mred"),
        (" \n around \n ", "around"),
    ],
)
def test_only_what_cannot_be_carried_is_taken_out(text, expected):
    assert clean(text) == expected


def test_a_name_is_one_line():
    assert one_line(" Taro\n\tYamada\x00 ") == "Taro Yamada"


@given(st.text(st.characters(codec=None)), st.sampled_from(["plain", "html"]))
def test_any_text_can_be_stored_and_sent(text, text_format):
    reduced = plain_text(text, text_format)
    assert "\x00" not in reduced
    assert reduced.encode().decode() == reduced


def test_content_survives_its_json():
    content = Content("Taro", "Tokyo HQ", '"quoted" \\ 会議\n', 2, "https://app.ovice.com/ws/x")
    assert Content.from_json(content.to_json()) == content


@pytest.mark.parametrize("text", ["", "\u200b", " \u3000\n", "\u202e\u2066"])
def test_a_text_of_nothing_visible_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "。", "🙂", "\u200bx"])
def test_a_text_with_anything_visible_is_not(text):
    assert not is_blank(text)


def test_a_name_cannot_be_a_link_or_turn_the_line_around():
    assert one_line("IT \u202ehttps://evil.example") == "IT https: evil.example"
