"""The page on which an organization's dead letters of a window of time are sent once more.

Replay confirms exactly the counted messages: the page carries, signed, whose window it showed,
until when it had counted, and how many there were. Another window, or more of them, is asked about
anew.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owners.audit_log import record_all
from accounts.owners.roles import Visitor, visible_organizations
from integrations.models import OVICE_ID_LENGTH, Organization
from messaging.delivery.replay import Window, replay

_SHOWN = "messaging.replaying.shown"
# After that, whoever left the page open counts anew.
_SHOWN_SECONDS = 3600
_TIME = {"type": "datetime-local", "step": "60"}


class WindowForm(forms.Form):
    """Whose dead letters, given up when; times are in UTC."""

    organization = forms.CharField(
        label=gettext_lazy("Organization, by its id in ovice"), max_length=OVICE_ID_LENGTH
    )
    since = forms.DateTimeField(
        label=gettext_lazy("Given up from (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs=_TIME),
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Given up before (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs=_TIME),
    )
    unconfirmed_too = forms.BooleanField(
        label=gettext_lazy("Also what may have arrived already, and then arrives twice"),
        required=False,
    )

    def __init__(self, user: Visitor, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._user = user

    def clean_organization(self) -> Organization:
        """Return the organization; another's is refused in the words of one that does not exist."""
        wanted = self.cleaned_data["organization"].strip()
        found = visible_organizations(self._user).filter(ovice_id=wanted).first()
        if found is None:
            raise forms.ValidationError(_("There is no such organization."))
        return found

    def window(self) -> Window:
        """Return what is meant."""
        values = self.cleaned_data
        return Window(
            organization_id=values["organization"].pk,
            since=values["since"],
            until=values["until"],
            unconfirmed_too=values["unconfirmed_too"],
        )


def replay_page(request: HttpRequest) -> HttpResponse:
    """Ask for the window, say how many it holds, and replay those once that is confirmed."""
    form = WindowForm(request.user, request.POST or None)
    context: dict[str, Any] = {"title": _("Send once more what was given up"), "form": form}
    if request.method == "POST" and form.is_valid():
        if request.POST.get("confirmed") == "yes":
            if (chosen := _as_shown(request.POST.get("shown", ""), form.window())) is not None:
                return _replay(request, form.cleaned_data["organization"], chosen)
            context["changed"] = True
        context |= _count(form.window())
    return render(request, "admin/replay.html", admin.site.each_context(request) | context)


def _count(window: Window) -> dict[str, Any]:
    """Return how many there are now, and the word by which exactly those can be confirmed."""
    at = now()
    count = _until(window, at).deliveries().count()
    shown = [repr(window), at.isoformat(), count]
    return {"count": count, "shown": signing.dumps(shown, salt=_SHOWN)}


def _as_shown(shown: str, window: Window) -> Window | None:
    """Return the window as it was shown; None if another was, or if there are more by now."""
    try:
        described, at, count = signing.loads(shown, salt=_SHOWN, max_age=_SHOWN_SECONDS)
    except signing.BadSignature:
        return None
    counted_at = parse_datetime(at)
    if described != repr(window) or counted_at is None:
        return None
    counted = _until(window, counted_at)
    # A delivery that was being settled during the count may have come in with an earlier time.
    return counted if counted.deliveries().count() <= count else None


def _until(window: Window, at: datetime) -> Window:
    return replace(window, until=min(window.until or at, at))


def _replay(request: HttpRequest, organization: Organization, chosen: Window) -> HttpResponse:
    record_all([organization], "replayed_window", request.user)
    done = replay(chosen.deliveries())
    messages.success(request, _("Due again: %(count)d.") % {"count": done})
    return redirect("admin:replay")
