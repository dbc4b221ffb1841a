"""Parts of a timeline: an answer in one sentence, advice, and the lines."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Tone(StrEnum):
    """How a line is marked: in order, to be looked at, wrong, or just said."""

    PLAIN = ""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, without a time where nobody noted one; ``page`` tells more."""

    text: str
    at: datetime | None = None
    tone: Tone = Tone.PLAIN
    page: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer for a reader in a hurry: how it is, and how it can be mended."""

    text: str
    tone: Tone = Tone.PLAIN
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A whole story. ``facts`` are names with values, ``links`` titles with addresses."""

    title: str
    answers: tuple[Answer, ...]
    lines: tuple[Line, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def moment(at: datetime) -> str:
    """Return a time as every reader takes it: ``2026-01-31 09:00 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(time: timedelta) -> str:
    """Return a length of time in words, as roughly as one would say it."""
    seconds = round(time.total_seconds())
    if seconds < 1:
        return _("less than a second")
    if seconds < 2 * _MINUTE:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < 2 * _HOUR:
        count = round(seconds / _MINUTE)
        return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
    if seconds < 2 * _DAY:
        count = round(seconds / _HOUR)
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    count = round(seconds / _DAY)
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
