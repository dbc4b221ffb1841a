"""Conversation of the bot: pure decisions, without a database, a clock or a language."""

from dataclasses import dataclass
from enum import StrEnum

from messaging.delivery.postbacks import Code


class Answer(StrEnum):
    """Answer of the bot, by its meaning."""

    WELCOME = "welcome"
    HELP = "help"
    STATUS = "status"
    ASK_PAUSE = "ask_pause"
    PAUSED = "paused"
    RESUMED = "resumed"
    ASK_STOP = "ask_stop"
    STOPPED = "stopped"
    KEPT = "kept"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"
    NOT_LINKED = "not_linked"
    ONE_WAY = "one_way"
    ONE_TO_ONE = "one_to_one"


class Act(StrEnum):
    """Act that is done before the bot answers."""

    PAUSE_HOUR = "pause_hour"
    PAUSE_TODAY = "pause_today"
    PAUSE_OPEN = "pause_open"
    RESUME = "resume"
    STOP = "stop"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of a conversation; ``answer`` is None where the bot stays silent."""

    answer: Answer | None
    act: Act | None = None


_FOR_EVERYBODY = {
    Code.START: Step(Answer.WELCOME),
    Code.HELP: Step(Answer.HELP),
    Code.STATUS: Step(Answer.STATUS),
}
_FOR_THE_LINKED = {
    Code.PAUSE: Step(Answer.ASK_PAUSE),
    Code.PAUSE_HOUR: Step(Answer.PAUSED, Act.PAUSE_HOUR),
    Code.PAUSE_TODAY: Step(Answer.PAUSED, Act.PAUSE_TODAY),
    Code.PAUSE_OPEN: Step(Answer.PAUSED, Act.PAUSE_OPEN),
    Code.RESUME: Step(Answer.RESUMED, Act.RESUME),
    Code.STOP: Step(Answer.ASK_STOP),
    Code.STOP_YES: Step(Answer.STOPPED, Act.STOP),
    Code.STOP_NO: Step(Answer.KEPT),
    Code.UNDO: Step(Answer.STATUS),
}


def tapped(code: str, *, linked: bool, may_undo: bool) -> Step:
    """Return the turn after a tap; one that we did not offer is answered with help."""
    if code in _FOR_EVERYBODY:
        return _FOR_EVERYBODY[Code(code)]
    if code not in _FOR_THE_LINKED:
        return Step(Answer.HELP)
    if linked:
        return _FOR_THE_LINKED[Code(code)]
    if code == Code.UNDO and may_undo:
        return Step(Answer.UNDONE, Act.UNDO)
    # A person who has just stopped and taps Stop again is told so once more.
    return Step(Answer.STOPPED if code == Code.STOP_YES and may_undo else Answer.NOT_LINKED)


def wrote(*, linked: bool, was_noted: bool) -> Step:
    """Return the turn after a typed message, a sticker or a file: one note, then quiet."""
    if was_noted:
        return Step(None)
    return Step(Answer.ONE_WAY if linked else Answer.NOT_LINKED)


def spoke_in_group(*, was_noted: bool) -> Step:
    """Return the turn after somebody spoke to the bot where others read along."""
    return Step(None if was_noted else Answer.ONE_TO_ONE)
