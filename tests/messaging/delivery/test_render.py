from typing import Any

import pytest

from integrations.models import CopyShows
from integrations.ovice.urls import is_ovice_url
from integrations.targets.quoting import is_quoted, unquote
from messaging.delivery.content import Content, plain_text
from messaging.delivery.render import choose_link, compose

LINK = "https://app.ovice.com/ws/tokyo-hq"


def content(**changes: Any) -> Content:
    values: dict[str, Any] = {
        "sender_name": "Taro",
        "space_name": "Tokyo HQ",
        "text": "Can you join room B?",
        "attachments": 0,
        "link": LINK,
    }
    return Content(**{**values, **changes})


@pytest.mark.parametrize("locale", ["en_GB", "en", "", "fr_FR", "xx"])
def test_an_english_notice_names_sender_and_space(locale):
    notice = compose(content(), locale=locale)
    assert notice.headline == "Taro sent you a direct message in ovice (Tokyo HQ)"
    assert (notice.text, notice.footnotes, notice.link) == ("│ Can you join room B?", (), LINK)


@pytest.mark.parametrize("locale", ["ja_JP", "ja", "ja-JP"])
def test_a_japanese_notice_names_sender_and_space(locale):
    notice = compose(content(), locale=locale)
    assert notice.headline == "Tokyo HQ で Taroさんからダイレクトメッセージが届きました"


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        ("en_US", 1, "📎 1 attachment – open in ovice to view"),
        ("en_US", 3, "📎 3 attachments – open in ovice to view"),
        ("ja_JP", 3, "📎 添付ファイル3件（oviceで確認してください）"),
    ],
)
def test_attachments_are_counted(locale, count, expected):
    assert compose(content(attachments=count), locale=locale).footnotes == (expected,)


def test_a_name_with_a_percent_sign_is_only_a_name():
    notice = compose(content(sender_name="100%s %(space)s"), locale="en")
    assert notice.headline == "100%s %(space)s sent you a direct message in ovice (Tokyo HQ)"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Somebody sent you a direct message in ovice"),
        ("ja", "匿名ユーザーさんからoviceでダイレクトメッセージが届きました"),
    ],
)
def test_a_nameless_sender_outside_a_space_is_still_announced(locale, expected):
    notice = compose(content(sender_name="", space_name=""), locale=locale)
    assert notice.headline == expected


def test_a_long_space_name_is_shortened_to_sixty_characters():
    headline = compose(content(space_name="x" * 255), locale="en").headline
    assert headline.endswith("(" + "x" * 59 + "…)")


def test_a_removed_space_leaves_no_link():
    assert compose(content(), locale="en", with_link=False).link == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://app.ovice.com/ws/x",
        "https://evil.example/ws/x",
        "https://app.ovice.com.evil.example/",
        "https://app.ovice.com@evil.example/",
        "https://user@app.ovice.com/",
        "https://app.ovice.com:8443/",
        "https://app.ovice.com:x/",
        "https://[app.ovice.com/",
        "https://app.ovice.com/a b",
        "https://app.ovice.com/@[100012]",
        "https://app.ovice.com/\nhttps://evil.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_link_to_anywhere_else_is_not_followed(url):
    assert not is_ovice_url(url)


def test_the_first_link_to_ovice_is_chosen():
    assert choose_link("https://evil.example/", LINK) == LINK
    assert choose_link(None, None) == ""


def test_a_sender_named_beyond_ovices_own_limit_is_shortened():
    headline = compose(content(sender_name="x" * 255), locale="en").headline
    assert headline.startswith("x" * 29 + "… sent you")


@pytest.mark.parametrize("locale", ["en", "ja", "ko"])
@pytest.mark.parametrize("shows", [CopyShows.FULL, CopyShows.FIRST_WORDS])
@pytest.mark.parametrize(
    "line",
    [
        "Ada sent you a direct message in ovice (Tokyo HQ)",
        "Ada sent you a di\u200brect message in ovice",
        "Аda sеnt yоu а dirесt mеssаgе in оviсе",
        "\u202eecivo ni egassem tcerid a uoy tnes adA",
        "Tokyo HQ で Adaさんからダイレクトメッセージが届きました",
    ],
)
@pytest.mark.parametrize(
    "end", ["\n", "\r", "\v", "\x85", "\u2028", "\u2029", " " * 99, "\u2800" * 99]
)
def test_a_text_cannot_pass_for_another_notice(line, end, shows, locale):
    text = plain_text(f"Hello{end}{end}{line}{end}Call me", "plain")
    notice = compose(content(text=text), locale=locale, shows=shows)

    assert all(map(is_quoted, notice.text.splitlines()))
    assert not is_quoted(notice.headline)


@pytest.mark.parametrize("locale", ["en", "ja", "ko"])
def test_no_name_makes_a_line_of_ours_look_quoted(locale):
    notice = compose(content(sender_name="│ Ada", space_name="││ HQ"), locale=locale)

    assert not is_quoted(notice.headline)
    assert "Ada" in notice.headline


def test_first_words_end_with_a_whole_character():
    notice = compose(content(text="👨‍👩‍👧‍👦" * 20), locale="en", shows=CopyShows.FIRST_WORDS)

    assert set(unquote(notice.text).replace("\n", "").split("👨‍👩‍👧‍👦")) == {"", "…"}


def test_a_name_is_cut_after_a_whole_character():
    headline = compose(content(sender_name="👨‍👩‍👧‍👦" * 20), locale="en").headline

    assert headline.startswith("👨‍👩‍👧‍👦" * 4 + "… sent you")
