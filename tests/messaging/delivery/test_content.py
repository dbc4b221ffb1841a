from hypothesis import given
from hypothesis import strategies as st

from messaging.delivery.content import Content, plain_text


def test_plain_text_keeps_what_looks_like_markup():
    assert plain_text("<b>not bold</b> &amp;", "plain") == "<b>not bold</b> &amp;"


@given(st.text(st.characters(codec=None)), st.sampled_from(["plain", "html"]))
def test_any_text_can_be_stored_and_sent(text, text_format):
    reduced = plain_text(text, text_format)
    assert "\x00" not in reduced
    assert reduced.encode().decode() == reduced


def test_content_survives_its_json():
    content = Content("Taro", "Tokyo HQ", '"quoted" \\ 会議\n', 2, "https://app.ovice.com/ws/x")
    assert Content.from_json(content.to_json()) == content
