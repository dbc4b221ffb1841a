"""The words that come back when somebody taps one of our buttons."""

from enum import StrEnum


class Code(StrEnum):
    """Code of a button. These words come back from chats of years ago: never change one."""

    START = "kotozute.start"
    HELP = "kotozute.help"
    STATUS = "kotozute.status"
    PAUSE = "kotozute.pause"
    PAUSE_HOUR = "kotozute.pause.hour"
    PAUSE_TODAY = "kotozute.pause.today"
    PAUSE_OPEN = "kotozute.pause.open"
    RESUME = "kotozute.resume"
    STOP = "kotozute.stop"
    STOP_YES = "kotozute.stop.yes"
    STOP_NO = "kotozute.stop.no"
    UNDO = "kotozute.undo"
