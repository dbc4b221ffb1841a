"""How the empty chat with the bot looks, in each language."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from integrations.models import Installation, InstallationState
from integrations.targets.errors import TargetError
from integrations.targets.port import Introduction, open_target
from messaging.bot.replies import help_choice, settings_button, status_choice
from messaging.delivery.postbacks import Code

logger = structlog.stdlib.get_logger(__name__)


def introduce(installation_id: UUID) -> bool:
    """Make the empty chat look as it should; return False when it did so already, or cannot.

    A target that refuses costs nothing but the looks: the next night tries again.
    """
    installation = Installation.objects.live().filter(pk=installation_id).first()
    if installation is None:
        return False
    target = open_target(installation.target, installation.credentials())
    try:
        return target.introduce(Code.START, introductions())
    except TargetError as error:
        logger.info("the bot's profile is as it was", installation=installation_id, **error.fields)
        return False


def due(hour: int) -> Iterator[UUID]:
    """Yield the installations whose profile is looked at in this hour of the day."""
    active = Installation.objects.filter(state=InstallationState.ACTIVE)
    for pk in active.values_list("pk", flat=True).iterator():
        if pk.int % 24 == hour:
            yield pk


def introductions() -> Mapping[str, Introduction]:
    """Return greeting and menu in each language."""
    return {language: _introduction(language) for language, _name in settings.LANGUAGES}


def _introduction(language: str) -> Introduction:
    with translation.override(language):
        return Introduction(
            greeting=gettext("I bring you the direct messages that you get in ovice."),
            menu=(help_choice(), status_choice(), settings_button()),
        )
