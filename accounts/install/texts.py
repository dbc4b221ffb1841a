"""Texts of pages for an install that does not go on: its cause, and how to start over."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from accounts.install.flow import Refusal
from integrations.targets.port import guide_of
from integrations.targets.setup import Words


@dataclass(frozen=True, slots=True)
class Explanation:
    """``text`` says what happened, ``remedy`` what to do next; ``status`` is the answer's."""

    title: str
    text: str
    remedy: str
    status: int


_AGAIN = _("Start the installation over.")
_NOTHING = _("Nothing was connected and nothing was stored.")
_TEXTS: Mapping[Refusal, tuple[Words, Words, Words, HTTPStatus]] = {
    Refusal.NO_APP: (
        _("There is no app to install"),
        _("This service has no app for %(target)s. It connects with an access token instead."),
        _("Open the portal and paste the access token of a custom integration there."),
        HTTPStatus.NOT_FOUND,
    ),
    Refusal.NOT_OWNER: (
        _("Only an organization owner can do this"),
        _("You are signed in, but not as an owner of this organization in ovice."),
        _("Ask an owner of your organization, or sign out and sign in as one."),
        HTTPStatus.FORBIDDEN,
    ),
    Refusal.CANCELLED: (
        _("The installation was cancelled"),
        _("In %(target)s, “Cancel” was chosen. Nothing was connected and nothing was stored."),
        _AGAIN,
        HTTPStatus.OK,
    ),
    Refusal.NO_CODE: (
        _("The installation did not come through"),
        _("%(target)s sent you back without the code that an installation needs."),
        _AGAIN,
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.UNKNOWN: (
        _("We do not know this installation"),
        _("It was begun too long ago, in another browser, or not here at all."),
        _AGAIN,
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.USED: (
        _("This installation is over"),
        _("Its link has been used already: it works only once."),
        _("Look in the portal whether you are connected. If not, start the installation over."),
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.EXPIRED: (
        _("The installation took too long"),
        _("For your safety it has to be finished within a few minutes."),
        _AGAIN,
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.OTHER_SESSION: (
        _("This is somebody else's installation"),
        _("It was begun in another browser, or you have signed in anew since then."),
        _AGAIN,
        HTTPStatus.FORBIDDEN,
    ),
    Refusal.CODE_REFUSED: (
        _("%(target)s did not accept the installation's code"),
        _("The code was too old, used already, or meant for another address of ours."),
        _AGAIN,
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.PERMISSION_MISSING: (
        _("A permission is missing"),
        _("The app was installed without all the permissions it needs to carry messages."),
        _("Start the installation over and allow both permissions."),
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.TOKEN_REFUSED: (
        _("The app is no longer installed"),
        _("%(target)s does not accept the app any more: it may have been uninstalled meanwhile."),
        _AGAIN,
        HTTPStatus.BAD_REQUEST,
    ),
    Refusal.TAKEN: (
        _("This community is connected to another organization"),
        _("One community of %(target)s can be connected to one organization in ovice only."),
        _("Disconnect it there first, or choose another community."),
        HTTPStatus.CONFLICT,
    ),
    Refusal.GONE: (
        _("This organization no longer exists"),
        _("It was removed in ovice."),
        _("Ask the support of ovice if that was a mistake."),
        HTTPStatus.GONE,
    ),
    Refusal.NO_ANSWER: (
        _("%(target)s does not answer"),
        _NOTHING,
        _("Wait a moment, then try again."),
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    Refusal.OTHER_PAGE: (
        _("Another installation came in between"),
        _("The page you answered was about another installation. Nothing was connected."),
        _("Start the installation over, and check the name of the community."),
        HTTPStatus.CONFLICT,
    ),
    Refusal.LATER: (
        _("Not possible just now"),
        _("There were too many installations from your network, or we cannot count them now."),
        _("Wait a quarter of an hour, then start the installation over."),
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
}


def explain(reason: Refusal, target: str) -> Explanation:
    """Return the texts for ``reason`` in the reader's language."""
    title, text, remedy, status = _TEXTS[reason]
    values = {"target": str(guide_of(target).label)}
    return Explanation(str(title) % values, str(text) % values, str(remedy), status)
