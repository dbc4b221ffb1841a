"""The page on which a member links, sees how their link stands, and ends it.

Opening a page changes nothing; every change is a form of its own, sent by POST and protected.
"""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.linking.link import LinkRefused, RemovedReason, remove_links
from accounts.linking.status import connections, member_states
from accounts.linking.texts import explain
from accounts.linking.verify import link_checked
from accounts.linking.welcome import greet_soon, try_again
from accounts.members.preferences import UNTIL_RESUMED, choices_of, time_zone_of
from accounts.models import Link
from accounts.pages.cards import Card, make_card, refused_card, spend_a_look
from accounts.pages.forms import CopiesForm, PauseForm
from accounts.pages.member import Caller, for_members
from core.post_redirect_get import posted_from
from integrations.models import Installation
from integrations.targets.port import guide_of


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def link(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show how the member stands; link them when they press the button."""
    if request.method != "POST":
        return show(request, caller)
    chosen = _chosen(request, caller)
    if chosen is None:
        return show(request, caller, status=HTTPStatus.CONFLICT)
    try:
        spend_a_look(caller.member)
        made = link_checked(caller.member, chosen, mark=request.POST.get("mark", ""))
    except LinkRefused as refused:
        return _refuse(request, caller, chosen, refused)
    if made.greeted_at is None:
        greet_soon(made)
    messages.success(request, gettext("You are linked."))
    return redirect("link")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def remove(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Ask whether to end the link, then end it; ending what has ended changes nothing."""
    values = request.POST if request.method == "POST" else request.GET
    mine = _mine(caller, values.get("link", ""))
    if request.method != "POST" and mine is not None:
        target = guide_of(mine.installation.target).label
        return render(request, "link/remove.html", {"link": mine, "target": target})
    if mine is not None:
        remove_links(Link.objects.filter(pk=mine.pk), reason=RemovedReason.USER)
        messages.success(request, gettext("Your link has ended. Nothing is sent to you any more."))
    return redirect("link")


@posted_from("link")
@for_members
def again(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Send the confirmation once more to an account that took nothing."""
    mine = _mine(caller, request.POST.get("link", ""))
    try:
        spend_a_look(caller.member)
    except LinkRefused as refused:
        messages.warning(request, explain(refused.code))
        return redirect("link")
    if mine is not None and try_again(mine):
        messages.success(request, gettext("It works again: a message has arrived."))
    return redirect("link")


def show(
    request: HttpRequest,
    caller: Caller,
    *,
    cards: list[Card] | None = None,
    pause_form: Form | None = None,
    copies_form: Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Render the whole page; what is not given is made fresh."""
    member = caller.member
    if cards is None:
        found = connections(caller.organization)
        cards = [make_card(member, installation, caller.deliveries) for installation in found]
    choices = choices_of(member)
    paused_until = choices and choices.paused_until
    context = {
        "member": member,
        "cards": cards,
        "is_linked": any(card.state.link for card in cards),
        "nothing": explain("org_not_connected"),
        "contact": caller.organization.support_contact or "",
        "hours": round(caller.organization.expire_after.total_seconds() / 3600),
        "paused_until": paused_until if paused_until and paused_until > now() else None,
        "is_paused_for_good": paused_until == UNTIL_RESUMED,
        "pause_form": pause_form or PauseForm(),
        "copies_form": copies_form or CopiesForm(initial=_chosen_copies(caller)),
    }
    return render(request, "link/page.html", context, status=status)


def _refuse(
    request: HttpRequest,
    caller: Caller,
    installation: Installation,
    refused: LinkRefused,
) -> HttpResponse:
    """Show the page with the reason; what has changed meanwhile is looked at anew."""
    if refused.code == "account_changed":
        messages.warning(request, explain(refused.code, installation.target))
        return show(request, caller, status=HTTPStatus.CONFLICT)
    state = member_states([caller.member], installation)[caller.member.pk]
    card = refused_card(caller.member, installation, refused, state=state)
    return show(request, caller, cards=[card], status=HTTPStatus.CONFLICT)


def _chosen(request: HttpRequest, caller: Caller) -> Installation | None:
    """Return the connection that the form names, if it is still one of theirs."""
    named = request.POST.get("connection", "")
    return next((one for one in connections(caller.organization) if str(one.pk) == named), None)


def _mine(caller: Caller, named: str) -> Link | None:
    """Return the member's own active link of that id."""
    try:
        link_id = UUID(named)
    except ValueError:
        return None
    links = Link.objects.active().select_related("member", "installation__organization")
    return links.filter(pk=link_id, member=caller.member).first()


def _chosen_copies(caller: Caller) -> dict[str, object]:
    choices = choices_of(caller.member)
    return {
        "quiet_from": choices and choices.quiet_from,
        "quiet_until": choices and choices.quiet_until,
        "time_zone": time_zone_of(caller.member).key,
        "text_shown": choices is None or choices.text_shown,
    }
