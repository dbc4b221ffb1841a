"""Words typed to the bot that do what its buttons do, in every language whatever one's own is.

Only a whole message that is such a word counts: people also write to the bot as if a colleague read
it, and an answer to a colleague must not end anything. So "today" alone, which a button says, is
none, and a stop is asked back as after a tap.
"""

import unicodedata
from collections.abc import Mapping

from integrations.targets.events import SAID_LENGTH
from messaging.delivery.postbacks import Code

# Of letters and digits alone, as ``_bare`` leaves them.
WORDS: Mapping[str, Mapping[Code, tuple[str, ...]]] = {
    "en": {
        Code.START: ("start", "getstarted"),
        Code.HELP: ("help", "helpme"),
        Code.STATUS: ("status",),
        Code.PAUSE: ("pause",),
        Code.PAUSE_HOUR: ("pause1hour", "pausefor1hour", "pauseonehour", "pauseforanhour"),
        Code.PAUSE_TODAY: ("pausetoday", "pausefortoday"),
        Code.PAUSE_OPEN: ("untiliresume", "pauseuntiliresume"),
        Code.RESUME: ("resume", "unpause"),
        Code.STOP: ("stop", "unlink", "unsubscribe"),
        Code.STOP_YES: ("yesstop",),
        Code.STOP_NO: ("nogoon",),
        Code.UNDO: ("undo",),
    },
    "ja": {
        Code.START: ("開始", "はじめる", "始める", "スタート"),
        Code.HELP: ("ヘルプ", "へるぷ", "使い方"),
        Code.STATUS: ("状態", "ステータス"),
        Code.PAUSE: ("一時停止", "休止"),
        Code.PAUSE_HOUR: ("1時間一時停止", "一時停止1時間"),
        Code.PAUSE_TODAY: (
            "今日一時停止",
            "一時停止今日",
            "今日いっぱい一時停止",
            "一時停止今日いっぱい",
        ),
        Code.PAUSE_OPEN: ("再開するまで", "再開するまで一時停止", "一時停止再開するまで"),
        Code.RESUME: ("再開", "再開する"),
        Code.STOP: ("停止", "ストップ", "連携をやめる", "連携解除", "連携を解除", "解除"),
        Code.STOP_YES: ("はいやめる",),
        Code.STOP_NO: ("いいえ続ける",),
        Code.UNDO: ("元に戻す", "取り消し", "取り消す"),
    },
    "ko": {
        Code.START: ("시작", "시작하기"),
        Code.HELP: ("도움말", "도움"),
        Code.STATUS: ("상태",),
        Code.PAUSE: ("일시중지", "일시정지"),
        Code.PAUSE_HOUR: ("1시간일시중지", "일시중지1시간"),
        Code.PAUSE_TODAY: ("오늘일시중지", "일시중지오늘", "오늘하루일시중지", "일시중지오늘하루"),
        Code.PAUSE_OPEN: ("다시받을때까지", "다시받을때까지일시중지"),
        Code.RESUME: ("재개", "다시받기"),
        Code.STOP: ("중지", "정지", "연동해제", "해제"),
        Code.STOP_YES: ("네해제합니다",),
        Code.STOP_NO: ("아니요계속합니다",),
        Code.UNDO: ("되돌리기",),
    },
}
_CODES = {word: code for words in WORDS.values() for code, some in words.items() for word in some}


def code_of(said: str) -> Code | None:
    """Return what a button would send that does what was typed; None for anything else."""
    return _CODES.get(_bare(said)) if len(said) <= SAID_LENGTH else None


def _bare(said: str) -> str:
    """Return letters and digits alone, in one width and one case.

    Spelling and punctuation, blanks and emoji tell no two words apart.
    """
    whole = unicodedata.normalize("NFKC", said).casefold()
    return "".join(char for char in whole if unicodedata.category(char)[0] in "LN")
