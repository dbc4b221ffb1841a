"""Texts for owners and the operator about data that is going to be deleted."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.models.removal import Removal, RemovalReason
from integrations.removal.uninstall import status_url


def text_of(removal: Removal) -> str:
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
