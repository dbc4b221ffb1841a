"""The forms on a member's page, in the member's own time zone."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.members.preferences import LONGEST_PAUSE

TOMORROW_STARTS = 9
_CONTINENTS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """Return the time zones that have a city, and UTC; looked up on the disk once."""
    named = (name for name in sorted(available_timezones()) if name.startswith(_CONTINENTS))
    return tuple((name, name.replace("_", " ")) for name in ["UTC", *named])


class LongSelect(forms.Select):
    """A select of hundreds of options, which are not made by a template each."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        """Return the element; ``renderer`` has nothing to do."""
        chosen = {True: SafeString(" selected"), False: ""}
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, chosen[key == value], label) for key, label in self.choices),
        )
        given = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>{}</select>", given, options)


class PauseForm(forms.Form):
    """How long to rest: ``until`` is a moment to come, at most a year away."""

    length = forms.ChoiceField(
        label=_("Pause for"),
        choices=[
            ("hour", _("1 hour")),
            ("hours", _("4 hours")),
            ("tomorrow", _("until tomorrow, 9:00")),
            ("week", _("1 week")),
            ("until", _("until another time:")),
        ],
    )
    moment = forms.DateTimeField(
        label=_("Another time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        """Add ``until``, or say what is wrong with the time."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        at = timezone.now()
        until = _end(values["length"], values.get("moment"), at)
        if until is None or not at < until <= at + LONGEST_PAUSE:
            self.add_error("moment", gettext("Choose a time to come, at most a year from now."))
        return {**values, "until": until}


class CopiesForm(forms.Form):
    """Quiet hours, and what the copies show."""

    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        label=_("until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, widget=LongSelect)
    text_shown = forms.BooleanField(label=_("Show the text of messages"), required=False)

    def clean(self) -> dict[str, Any]:
        """Take both hours or neither."""
        values: dict[str, Any] = super().clean() or {}
        start, end = values.get("quiet_from"), values.get("quiet_until")
        if not self.errors and (start is None) != (end is None):
            missing = "quiet_until" if end is None else "quiet_from"
            self.add_error(missing, gettext("Give both times, or leave both empty."))
        elif start is not None and start == end:
            self.add_error("quiet_until", gettext("Choose two different times."))
        return values


def _end(length: str, moment: datetime | None, at: datetime) -> datetime | None:
    local = timezone.localtime(at)
    tomorrow = local.replace(hour=TOMORROW_STARTS, minute=0, second=0, microsecond=0)
    ends = {
        "hour": at + timedelta(hours=1),
        "hours": at + timedelta(hours=4),
        "tomorrow": tomorrow + timedelta(days=1),
        "week": at + timedelta(weeks=1),
    }
    return ends.get(length, moment)
