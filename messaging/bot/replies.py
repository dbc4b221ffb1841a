"""Replies of the bot, in the language of the person it speaks with."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.utils import formats, translation
from django.utils.timezone import localtime
from django.utils.translation import gettext

from accounts.members.preferences import UNTIL_RESUMED
from core.text import shortened
from integrations.models import InstallationState
from integrations.targets.port import Choice, Page, Saying
from messaging.bot.conversation import Answer
from messaging.bot.person import Standing
from messaging.delivery.postbacks import Code

# A saying has 640 characters in all.
CONTACT_SHOWN = 100


def saying(answer: Answer, standing: Standing, *, language: str) -> Saying:
    """Return what the bot says to this person."""
    with translation.override(language):
        return _SAYINGS[answer](standing)


def help_page() -> str:
    """Return the address of the page that helps."""
    return f"{settings.BASE_URL}/support/"


def settings_page() -> str:
    """Return the address of a member's own page."""
    return f"{settings.BASE_URL}/link/"


def ovice_page() -> str:
    """Return the address of ovice."""
    return f"https://{settings.OVICE_ALLOWED_HOSTS[0]}/"


def help_choice() -> Choice:
    """Return the button that asks for help."""
    return Choice(gettext("Help"), Code.HELP)


def status_choice() -> Choice:
    """Return the button that asks how things stand."""
    return Choice(gettext("Status"), Code.STATUS)


def pause_choice() -> Choice:
    """Return the button that begins a pause."""
    return Choice(gettext("Pause"), Code.PAUSE)


def settings_button() -> Page:
    """Return the button that opens a member's own page."""
    return Page(gettext("Settings"), settings_page())


def ovice_button() -> Page:
    """Return the button that opens ovice."""
    return Page(gettext("Open ovice"), ovice_page())


def _menu(standing: Standing) -> tuple[Choice, ...]:
    """Return what can be tapped below most answers."""
    if standing.link is None:
        return (help_choice(), status_choice())
    pause = Choice(gettext("Resume"), Code.RESUME) if standing.resting_until() else pause_choice()
    return (help_choice(), status_choice(), pause, Choice(gettext("Stop"), Code.STOP))


def _welcome(standing: Standing) -> Saying:
    if standing.link is None:
        return _not_linked(standing)
    text = gettext("Hello! I bring you the direct messages that you get in ovice.")
    return Saying(f"{text}\n{_state(standing)}", _menu(standing), (settings_button(),))


def _help(standing: Standing) -> Saying:
    lines = [
        gettext("I bring you the direct messages that you get in ovice, and nothing else."),
        gettext("Replies written here do not go back to ovice."),
        gettext("Pause holds them back for a while. Stop ends it for good."),
        gettext("Questions? %(address)s") % {"address": help_page()},
    ]
    contact = standing.installation.organization.support_contact
    if contact:
        lines.append(
            gettext("In your organization, ask: %(contact)s")
            % {"contact": shortened(contact, CONTACT_SHOWN)}
        )
    return Saying("\n".join(lines), _menu(standing), (settings_button(), ovice_button()))


def _status(standing: Standing) -> Saying:
    if standing.link is None:
        return _not_linked(standing)
    last = standing.last_delivered_at()
    arrived = (
        gettext("Last direct message: %(moment)s.") % {"moment": _moment(last, standing)}
        if last
        else gettext("No direct message has come yet.")
    )
    return Saying(f"{_state(standing)}\n{arrived}", _menu(standing), (settings_button(),))


def _state(standing: Standing) -> str:
    installation = standing.installation
    if installation.state != InstallationState.ACTIVE or installation.organization.paused_at:
        return gettext("You are linked, but your organization has paused delivery.")
    until = standing.resting_until()
    if until is None:
        return gettext("You are linked. Direct messages arrive here.")
    if until >= UNTIL_RESUMED:
        return gettext("You are linked and have paused. Nothing comes until you resume.")
    moment = {"moment": _moment(until, standing)}
    return gettext("You are linked and have paused until %(moment)s.") % moment


def _not_linked(standing: Standing) -> Saying:
    text = gettext(
        "You are not linked, so nothing arrives here. In ovice, open your personal settings, "
        "choose Integrations, and press Link beside Workplace."
    )
    return Saying(text, _menu(standing), (ovice_button(),))


def _ask_pause(_standing: Standing) -> Saying:
    return Saying(
        gettext("For how long? What comes meanwhile waits, up to your organization's limit."),
        (
            Choice(gettext("1 hour"), Code.PAUSE_HOUR),
            Choice(gettext("Today"), Code.PAUSE_TODAY),
            Choice(gettext("Until I resume"), Code.PAUSE_OPEN),
        ),
    )


def _paused(standing: Standing) -> Saying:
    return Saying(_state(standing), (Choice(gettext("Resume"), Code.RESUME), help_choice()))


def _resumed(standing: Standing) -> Saying:
    return Saying(_state(standing), _menu(standing))


def _ask_stop(_standing: Standing) -> Saying:
    return Saying(
        gettext("Shall I stop? Your link ends, and what is waiting for you is not delivered."),
        (
            Choice(gettext("Yes, stop"), Code.STOP_YES),
            Choice(gettext("No, go on"), Code.STOP_NO),
        ),
    )


def _stopped(standing: Standing) -> Saying:
    text = gettext("Stopped. You are no longer linked, and nothing more will come.")
    undo = (Choice(gettext("Undo"), Code.UNDO),) if standing.ended else ()
    return Saying(text, (*undo, help_choice()))


def _kept(standing: Standing) -> Saying:
    return Saying(gettext("Good, nothing has changed."), _menu(standing))


def _undone(standing: Standing) -> Saying:
    text = gettext("You are linked again. Direct messages arrive here.")
    return Saying(text, _menu(standing))


def _undo_failed(_standing: Standing) -> Saying:
    text = gettext("I could not link you again. Please press Link in ovice's settings.")
    return Saying(text, (help_choice(),), (ovice_button(),))


def _one_way(standing: Standing) -> Saying:
    lines = [
        gettext("Nobody reads what is written here: replies do not go back to ovice."),
        gettext("These words work: help, status, pause, resume, stop."),
    ]
    return Saying("\n".join(lines), _menu(standing), (ovice_button(),))


def _one_to_one(standing: Standing) -> Saying:
    text = gettext("I only work in a chat between you and me, not in groups. Here I can help.")
    return Saying(text, _menu(standing))


def _moment(at: datetime, standing: Standing) -> str:
    return formats.date_format(localtime(at, standing.zone), "SHORT_DATETIME_FORMAT")


_SAYINGS: Mapping[Answer, Callable[[Standing], Saying]] = {
    Answer.WELCOME: _welcome,
    Answer.HELP: _help,
    Answer.STATUS: _status,
    Answer.ASK_PAUSE: _ask_pause,
    Answer.PAUSED: _paused,
    Answer.RESUMED: _resumed,
    Answer.ASK_STOP: _ask_stop,
    Answer.STOPPED: _stopped,
    Answer.KEPT: _kept,
    Answer.UNDONE: _undone,
    Answer.UNDO_FAILED: _undo_failed,
    Answer.NOT_LINKED: _not_linked,
    Answer.ONE_WAY: _one_way,
    Answer.ONE_TO_ONE: _one_to_one,
}
