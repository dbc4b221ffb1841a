"""The forms by which a member rests, resumes, and chooses what their copies show."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from accounts.members import preferences
from accounts.pages.forms import CopiesForm, PauseForm
from accounts.pages.link import show
from accounts.pages.member import Caller, for_members
from core.post_redirect_get import posted_from


@posted_from("link")
@for_members
def pause(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Let the member rest until the time they chose."""
    form = PauseForm(request.POST)
    if not form.is_valid():
        wrong = HTTPStatus.UNPROCESSABLE_ENTITY
        return show(request, caller, pause_form=form, status=wrong)
    preferences.pause(caller.member, form.cleaned_data["until"])
    messages.success(request, gettext("Paused. Your messages wait."))
    return redirect("link")


@posted_from("link")
@for_members
def resume(request: HttpRequest, caller: Caller) -> HttpResponse:
    """End the member's pause."""
    preferences.resume(caller.member)
    messages.success(request, gettext("Resumed."))
    return redirect("link")


@posted_from("link")
@for_members
def copies(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Keep quiet hours and what the copies show."""
    form = CopiesForm(request.POST)
    if not form.is_valid():
        wrong = HTTPStatus.UNPROCESSABLE_ENTITY
        return show(request, caller, copies_form=form, status=wrong)
    values = form.cleaned_data
    preferences.choose_copies(
        caller.member,
        quiet=(values["quiet_from"], values["quiet_until"]) if values["quiet_from"] else None,
        time_zone=values["time_zone"],
        text_shown=values["text_shown"],
    )
    messages.success(request, gettext("Saved."))
    return redirect("link")
