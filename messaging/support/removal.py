"""The story of one removal, by its confirmation code."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.timezone import now
from django.utils.translation import gettext as _

from integrations.models.removal import Removal, RemovalReason
from integrations.removal.alerts import trouble_of
from integrations.removal.uninstall import status_url
from messaging.support.lines import Answer, Line, Story, Tone, moment, span


def tell_removal(removal: Removal) -> Story:
    """Return how far a removal is, and what is left of it."""
    return Story(
        title=_("Removal %(code)s") % {"code": removal.confirmation_code},
        answers=(_answer(removal, now()),),
        lines=tuple(_lines(removal)),
        links=((_("Its public page"), status_url(removal)),),
    )


def _answer(removal: Removal, at: datetime) -> Answer:
    if removal.finished_at is not None:
        text = _("Done on %(at)s: the data is gone.") % {"at": moment(removal.finished_at)}
        return Answer(text, Tone.GOOD, _("The signed receipt is on its public page."))
    if trouble_of(removal, at) is not None:
        text = _("The purge is in trouble. By %(due)s everything has to be gone.")
        advice = _("Tell the operator: the workers are down, or the purge fails.")
        return Answer(text % {"due": moment(removal.due_at)}, Tone.BAD, advice)
    if removal.begun_at is not None:
        return Answer(_("The data is being deleted now."))
    text = _("The data is out of use and will be gone by %(due)s: %(left)s left.")
    said = {"due": moment(removal.due_at), "left": span(removal.due_at - at)}
    return Answer(text % said, Tone.WARN)


def _lines(removal: Removal) -> Iterator[Line]:
    yield Line(_asked(removal), removal.requested_at)
    if removal.stopped_at:
        yield Line(_("Links ended, what waited was cancelled."), removal.stopped_at)
    if removal.repeated_at:
        yield Line(_("The same notice came again; it changed nothing."), removal.repeated_at)
    if removal.begun_at:
        yield Line(_("The purge began."), removal.begun_at)
    if removal.failed_at:
        yield Line(_("The purge failed; it is tried again."), removal.failed_at, Tone.BAD)
    if removal.finished_at:
        yield Line(_("Everything is gone but the receipt."), removal.finished_at, Tone.GOOD)


def _asked(removal: Removal) -> str:
    reasons = {
        RemovalReason.UNINSTALLED: _("Uninstalled in the chat."),
        RemovalReason.DISCONNECTED: _("Disconnected by an owner."),
        RemovalReason.ORGANIZATION_REMOVED: _("Removed in ovice."),
        RemovalReason.ERASURE: _("A member asked for their data to be deleted."),
        RemovalReason.RESTORED: _("An old backup had brought it back."),
    }
    return reasons[RemovalReason(removal.reason)]
