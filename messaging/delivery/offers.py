"""Buttons that a relayed DM offers below its text."""

from django.utils import translation
from django.utils.translation import gettext

from core.languages import language_of
from integrations.targets.port import Choice, Page
from messaging.delivery.postbacks import Code


def offers(*, locale: str, link: str, hears: bool) -> tuple[Choice | Page, ...]:
    """Return the buttons of a DM for a reader of ``locale``.

    Offers that nobody would hear are left out: ``hears`` says whether taps reach us.
    """
    with translation.override(language_of(locale)):
        open_ovice = (Page(gettext("Open in ovice"), link),) if link else ()
        pause = (Choice(gettext("Pause"), Code.PAUSE),) if hears else ()
    return (*open_ovice, *pause)
