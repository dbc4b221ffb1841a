"""The page on which an organization's dead letters of a window of time are sent once more."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import record_all
from accounts.roles import Visitor, visible_organizations
from integrations.models import OVICE_ID_LENGTH, Organization
from messaging.replay import Window, replay

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
    """Ask for the window, say how many it holds, and replay them once that is confirmed."""
    form = WindowForm(request.user, request.POST or None)
    count = None
    if request.method == "POST" and form.is_valid():
        chosen = form.window().deliveries()
        if request.POST.get("confirmed") == "yes":
            organization = form.cleaned_data["organization"]
            record_all([organization], "replayed_window", request.user)
            done = replay(chosen)
            messages.success(request, _("Due again: %(count)d.") % {"count": done})
            return redirect("admin:replay")
        count = chosen.count()
    context = {"title": _("Send once more what was given up"), "form": form, "count": count}
    return render(request, "admin/replay.html", admin.site.each_context(request) | context)
