"""Welcome in the target after linking: once, and never at the link's expense."""

from uuid import UUID

import structlog
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext

from accounts.linking.verify import look_into_refusal, note_arrival
from accounts.models import Link
from core.languages import language_of
from core.queue import after_commit, hint
from integrations.targets.errors import Scope, TargetError
from integrations.targets.port import Saying, open_target

logger = structlog.stdlib.get_logger(__name__)

GREET = "accounts.tasks.greet"


def greet_soon(link: Link) -> None:
    """Greet once the link is committed: by a worker, or right here where none can be told."""
    after_commit(_hint_or_greet, link.pk)


def greet(link_id: UUID) -> bool:
    """Send the one greeting; return False when it was sent before, or could not be sent.

    A failure is not tried again: one greeting too few is better than two, and the link stands.
    """
    if not Link.objects.active().filter(pk=link_id, greeted_at=None).update(greeted_at=now()):
        return False
    link = Link.objects.select_related("member", "installation").get(pk=link_id)
    try:
        _say(link)
    except TargetError as error:
        logger.info("link could not be greeted", link=link_id, **error.fields)
        return False
    return True


def try_again(link: Link) -> bool:
    """Say once more that the member is linked; return whether it arrived, and so all is well."""
    try:
        _say(link)
    except TargetError as error:
        logger.info("link still cannot be written to", link=link.pk, **error.fields)
        return False
    return True


def _hint_or_greet(link_id: UUID) -> None:
    if not hint(GREET, str(link_id)):
        greet(link_id)


def _say(link: Link) -> None:
    """Say it, and note what the answer tells about the link."""
    installation = link.installation
    target = open_target(installation.target, installation.credentials())
    try:
        target.say(link.account_id, _greeting(link))
    except TargetError as error:
        if error.scope is Scope.RECIPIENT:
            look_into_refusal(link, target)
        raise
    note_arrival(link)


def _greeting(link: Link) -> Saying:
    with translation.override(language_of(link.locale, link.member.locale)):
        return Saying(
            gettext(
                "You are linked. From now on, direct messages that you receive in ovice come to "
                "you here as well. To pause or to end this, open Integrations in ovice."
            )
        )
