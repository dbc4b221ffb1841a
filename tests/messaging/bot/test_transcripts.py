"""Whole conversations, as golden files that can be read; they are written over HTTP only."""

from pathlib import Path

import pytest

from tests.messaging.bot.conftest import Chat

FOLDER = Path(__file__).parent / "transcripts"
LOCALES = {"en": "en_GB", "ja": "ja_JP", "ko": "ko_KR"}
WORDS = {
    "en": ["Help", "Status", "Pause", "1 hour", "Resume", "Stop", "No, go on", "Yes, stop", "Undo"],
    "ja": [
        "ヘルプ",
        "状態",
        "一時停止",
        "1時間",
        "再開する",
        "連携をやめる",
        "いいえ、続ける",
        "はい、やめる",
        "元に戻す",
    ],
    "ko": [
        "도움말",
        "상태",
        "일시 중지",
        "1시간",
        "다시 받기",
        "연동 해제",
        "아니요, 계속합니다",
        "네, 해제합니다",
        "되돌리기",
    ],
}
TYPED = {"en": "Thanks!", "ja": "ありがとう", "ko": "감사합니다"}


def golden(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()


@pytest.mark.parametrize("language", LOCALES)
def test_a_linked_member_finds_everything_by_tapping(linked_up, new_office, language):
    office = linked_up(new_office())
    office.join("Hanako", locale=LOCALES[language])
    chat = Chat(office, "Hanako")
    help_, status, pause, hour, resume, stop, no, yes, undo = WORDS[language]
    chat.sends("kotozute.start")
    chat.settle()
    chat.writes(TYPED[language])
    chat.writes(TYPED[language])
    for title in (help_, status, pause, hour, resume, stop, no, stop, yes, undo):
        chat.taps(title)
    assert chat.transcript() == golden(f"linked.{language}")


@pytest.mark.parametrize("language", LOCALES)
def test_a_person_who_is_not_linked_learns_how_to_link(linked_up, new_office, language):
    office = linked_up(new_office())
    person = office.sandbox.member(office.community, "Ken", locale=LOCALES[language])
    office.accounts["Ken"] = person
    chat = Chat(office, "Ken")
    chat.writes(TYPED[language])
    chat.writes(TYPED[language])
    chat.taps(WORDS[language][0])
    chat.taps(WORDS[language][1])
    assert chat.transcript() == golden(f"not_linked.{language}")
