"""Preferences of a member about their own copies: to rest for a while, and what a copy shows.

``resting_until`` and ``shows_text`` read; the other functions write and tell ``choices_changed``,
so that whatever waits for the member can be looked at again.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import get_language

from accounts.models import Choices, Member
from accounts.signals import choices_changed

# A pause without an end of its own: the member says when it is over.
UNTIL_RESUMED = datetime(9999, 12, 31, tzinfo=UTC)
LONGEST_PAUSE = timedelta(days=366)
_ZONE_OF_LANGUAGE = {"ja": "Asia/Tokyo", "ko": "Asia/Seoul"}


def choices_of(member: Member) -> Choices | None:
    """Return what the member decided; None stands for the defaults."""
    try:
        return member.choices
    except Choices.DoesNotExist:
        return None


def resting_until(choices: Choices | None, at: datetime) -> datetime | None:
    """Return when the member's rest ends if they rest at ``at``, or None.

    A pause that ends within quiet hours goes on to their end, and the other way round.
    """
    end = at
    if choices is not None:
        # Three steps reach every end: quiet hours, a pause from within them, quiet hours again.
        for _step in range(3):
            end = _quiet_end(choices, _pause_end(choices, end))
    return end if end > at else None


def shows_text(choices: Choices | None) -> bool:
    """Return whether the member's copies carry the text, or only whom the message is from."""
    return choices is None or choices.text_shown


def pause(member: Member, until: datetime) -> None:
    """Let the member rest until a moment, at most a year away; or ``UNTIL_RESUMED``."""
    _save(member, paused_until=until)


def resume(member: Member) -> None:
    """End the member's pause; quiet hours stay."""
    _save(member, paused_until=None)


def choose_copies(
    member: Member, *, quiet: tuple[time, time] | None, time_zone: str, text_shown: bool
) -> None:
    """Choose quiet hours, from one time of the clock in ``time_zone`` to another, and the copies.

    Raises ``ValueError`` for a time zone nobody knows and for hours that never end.
    """
    start, end = quiet or (None, None)
    if not is_time_zone(time_zone) or (quiet and start == end):
        raise ValueError("These are no quiet hours.")
    values = {"quiet_from": start, "quiet_until": end}
    _save(member, **values, time_zone=time_zone, text_shown=text_shown)


def note_waiting(choices: Choices) -> None:
    """Remember that something waits for the end of the member's rest."""
    first = Choices.objects.filter(pk=choices.pk, kept_waiting_at=None)
    first.update(kept_waiting_at=now())


def take_summary(choices: Choices | None) -> bool:
    """Return True to exactly one caller once something has waited: a summary is due."""
    if choices is None or choices.kept_waiting_at is None:
        return False
    due = Choices.objects.filter(pk=choices.pk, kept_waiting_at=choices.kept_waiting_at)
    return bool(due.update(kept_waiting_at=None))


def is_time_zone(name: str) -> bool:
    """Tell whether ``name`` is a zone of the tz database."""
    return name in available_timezones()


def time_zone_of(member: Member) -> ZoneInfo:
    """Return the member's own time zone, or the one that their language makes likely."""
    choices = choices_of(member)
    locale = member.locale or get_language() or ""
    return _zone(choices) if choices else ZoneInfo(likely_time_zone(locale))


def likely_time_zone(locale: str) -> str:
    """Return the time zone to propose to a reader of ``locale``."""
    return _ZONE_OF_LANGUAGE.get(locale[:2].lower(), "UTC")


def _pause_end(choices: Choices, at: datetime) -> datetime:
    return max(at, choices.paused_until) if choices.paused_until else at


def _quiet_end(choices: Choices, at: datetime) -> datetime:
    """Return the end of the quiet hours that ``at`` falls in, or ``at`` itself."""
    start, end = choices.quiet_from, choices.quiet_until
    if start is None or end is None or start == end or at >= UNTIL_RESUMED:
        return at
    local = at.astimezone(_zone(choices))
    clock = local.time()
    if start < end:
        quiet, days = start <= clock < end, 0
    else:
        quiet, days = clock >= start or clock < end, int(clock >= start)
    if not quiet:
        return at
    ends = datetime.combine(local.date() + timedelta(days), end, local.tzinfo)
    # Where clocks are turned back the end may come twice; the rest never ends before it began.
    ends = ends.astimezone(UTC)
    return ends if ends > at else ends.astimezone(local.tzinfo).replace(fold=1).astimezone(UTC)


def _zone(choices: Choices) -> ZoneInfo:
    try:
        return ZoneInfo(choices.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        # The machine's tz database may have lost a zone; resting at an odd hour harms nobody.
        return ZoneInfo("UTC")


@transaction.atomic
def _save(member: Member, **values: object) -> None:
    first = {"organization": member.organization, "time_zone": likely_time_zone(member.locale)}
    Choices.objects.update_or_create(
        member=member, defaults=values, create_defaults={**first, **values}
    )
    choices_changed.send(Choices, member=member)
