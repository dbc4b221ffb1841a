"""Mail to owners and the operator that data is going to be deleted, and where to follow it.

Each owner has a mail of their own, which waits, is tried again and is given up by itself. The
operator's does not depend on them.
"""

import smtplib
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.timezone import now

from accounts.models import OwnerMailKind
from accounts.owners.mail import send_waiting, tell_owners
from accounts.owners.removal_messages import text_of
from integrations.models import Organization
from integrations.models.removal import Removal, RemovalScope

logger = structlog.stdlib.get_logger(__name__)

# For so long the operator's mail is tried again while the mail server refuses it.
OPERATOR_TRIED_FOR = timedelta(days=1)
BATCH = 100


def tell_of_removals() -> int:
    """Write about every removal of which nobody was told; return how many those were."""
    removals = Removal.objects.exclude(scope=RemovalScope.MEMBER).order_by("pk")
    told = sum(_tell_owners_of(removal) for removal in removals.filter(told_at=None)[:BATCH])
    send_waiting()
    if settings.OPERATOR_EMAILS:
        lately = removals.filter(requested_at__gt=now() - OPERATOR_TRIED_FOR)
        for removal in lately.filter(operator_told_at=None)[:BATCH]:
            _tell_operator_of(removal)
    return told


@transaction.atomic
def _tell_owners_of(removal: Removal) -> bool:
    """Have the owners written to, once; return whether that happened now."""
    mine = Removal.objects.filter(pk=removal.pk, told_at=None)
    if not mine.update(told_at=now()):
        return False
    for organization in Organization.objects.filter(removal=removal):
        tell_owners(organization, OwnerMailKind.REMOVAL, removal=removal)
    return True


def _tell_operator_of(removal: Removal) -> None:
    """Write to the operator; what no mailbox of theirs has taken is tried again."""
    mine = Removal.objects.filter(pk=removal.pk)
    if not mine.filter(operator_told_at=None).update(operator_told_at=now()):
        return
    subject = "[Kotozute] A customer's data is going to be deleted"
    try:
        send_mail(subject, text_of(removal), None, settings.OPERATOR_EMAILS)
    except (smtplib.SMTPException, OSError) as error:
        mine.update(operator_told_at=None)
        logger.warning(
            "mail about a removal failed", removal=removal.pk, error=type(error).__name__
        )
