"""Telling owners and the operator that data is going to be deleted, and where to follow it."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from integrations.ledger import Removal, RemovalReason, RemovalScope
from integrations.removal import status_url

logger = logging.getLogger(__name__)


def tell_of_removals() -> int:
    """Write about every removal of which nobody was told; return how many those were.

    Where the mail server fails, the next run tries again.
    """
    untold = Removal.objects.filter(told_at=None).exclude(scope=RemovalScope.MEMBER)
    return sum(tell_of_removal(removal) for removal in untold.order_by("pk")[:100])


def tell_of_removal(removal: Removal) -> bool:
    """Write to owners and operator, once; return whether that happened now."""
    mine = Removal.objects.filter(pk=removal.pk, told_at=None)
    if not mine.update(told_at=now()):
        return False
    try:
        for user in owners_of(removal):
            with override(user.locale):
                send_mail(_("Your data is going to be deleted"), _text(removal), None, [user.email])
        if settings.OPERATOR_EMAILS:
            subject = "[Kotozute] A customer's data is going to be deleted"
            send_mail(subject, _text(removal), None, settings.OPERATOR_EMAILS)
    except OSError as error:
        Removal.objects.filter(pk=removal.pk).update(told_at=None)
        logger.warning("removal %s: mail failed: %s", removal.pk, type(error).__name__)
        return False
    return True


def owners_of(removal: Removal) -> QuerySet[User]:
    """Return the users who may set up the organization that is being removed."""
    owned = User.objects.filter(ownerships__organization__removal=removal)
    return owned.filter(is_active=True).distinct().order_by("pk")


def _text(removal: Removal) -> str:
    """Return the mail's text: why, what has ended, until when, and what can still be done."""
    when = date_format(removal.due_at, "DATETIME_FORMAT")
    lines = [_why(removal), _("No direct messages are carried any more. The token is destroyed.")]
    lines.append(_("Everything else is deleted by %(when)s UTC at the latest.") % {"when": when})
    if removal.installation_id is not None:
        lines.append(_("Connect again before that, and your members' links are kept."))
    lines.append(_("Follow it, and get the receipt, here:") + f"\n{status_url(removal)}")
    return "\n\n".join(lines) + "\n"


def _why(removal: Removal) -> str:
    reasons = {
        RemovalReason.UNINSTALLED: _("The app was uninstalled in your chat service."),
        RemovalReason.DISCONNECTED: _("An owner has disconnected your organization."),
        RemovalReason.ORGANIZATION_REMOVED: _("Your organization was removed in ovice."),
    }
    return reasons.get(RemovalReason(removal.reason), _("An old backup was restored."))
