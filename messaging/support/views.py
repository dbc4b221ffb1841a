"""The portal's one search, and the page of each story.

The pasted text is sent in a form's body, so that no address ends up in a URL or a log of one.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Member
from accounts.owners.audit_log import record_look
from integrations.models.removal import Removal
from messaging.models import Message, ReceivedEvent
from messaging.support.event import tell_event
from messaging.support.lines import Story
from messaging.support.member import facts_of_person, tell_person
from messaging.support.removal import tell_removal
from messaging.support.rows import facts_of
from messaging.support.search import LONGEST, Found, find, own
from messaging.support.timeline import tell_message


def search(request: HttpRequest) -> HttpResponse:
    """Take what was pasted to its story; say the same whether it is another's or does not exist."""
    if request.method != "POST":
        return _show(request, "admin/search.html")
    text = request.POST.get("wanted", "")
    found = find(text, request.user)
    if len(found) == 1 and (page := _page(found[0])):
        return redirect(page)
    record_look(request.user, "found", *found)
    stories = [(_story(row), _page(row)) for row in found]
    # An address is not repeated: a page may be printed, or kept.
    shown = "" if "@" in text or len(text) > LONGEST else text
    return _show(request, "admin/search.html", stories=stories, asked=True, wanted=shown)


@require_safe
def message_story(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what became of a message."""
    rows = own(Message.objects.filter(pk=pk), request.user)
    return _one(request, rows.select_related("organization").first())


@require_safe
def member_story(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how a member's link stands, and their last messages."""
    return _one(request, own(Member.objects.filter(pk=pk), request.user).first())


@require_safe
def removal_story(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far a removal is."""
    return _one(request, own(Removal.objects.filter(pk=pk), request.user).first())


def urls(wrap: Any) -> list[URLPattern]:
    """Return the pages, each wrapped by the portal's own check of who may enter."""
    return [
        path("search/", wrap(search), name="search"),
        path("search/message/<uuid:pk>/", wrap(message_story), name="message_story"),
        path("search/member/<uuid:pk>/", wrap(member_story), name="member_story"),
        path("search/removal/<uuid:pk>/", wrap(removal_story), name="removal_story"),
    ]


def _one(request: HttpRequest, row: Found | None) -> HttpResponse:
    if row is None:
        raise Http404
    record_look(request.user, "story", row)
    return _show(request, "admin/story.html", story=_story(row))


def _story(row: Found) -> Story:
    if isinstance(row, Message):
        return tell_message(facts_of(row))
    if isinstance(row, Member):
        return tell_person(facts_of_person(row))
    return tell_removal(row) if isinstance(row, Removal) else tell_event(row)


def _page(row: Found) -> str:
    """Return the address of a story; an event that left no message has none."""
    if isinstance(row, ReceivedEvent):
        return ""
    kind = type(row).__name__.lower()
    return reverse(f"admin:{kind}_story", args=[row.pk])


def _show(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    site = admin.site.each_context(request)
    return render(request, template, {**site, "title": _("Find a message"), **context})
