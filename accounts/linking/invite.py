"""Invitations to link, by mail, when an owner chooses to; nothing here happens by itself."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext, override

from accounts.linking.status import connections
from accounts.models import ORGANIZATION_USERS, Link, Member
from core.addresses import is_mailable, normalize_email
from core.languages import language_of
from core.queue import hint
from core.text import one_line
from integrations.targets.port import guide_of

logger = structlog.stdlib.get_logger(__name__)

INVITE = "accounts.tasks.invite"
# No member is asked again sooner, whoever asks.
INVITE_EVERY = timedelta(days=7)
# In one go; a larger organization is invited in several.
MOST_AT_ONCE = 200


def invitable(member_ids: Iterable[UUID]) -> list[Member]:
    """Return those, at most ``MOST_AT_ONCE``, who could link, have not, and were not asked lately.

    Members whose organization has no connection, or whose address is not verified, cannot.
    """
    able = Member.objects.filter(
        Q(invited_at=None) | Q(invited_at__lt=now() - INVITE_EVERY),
        pk__in=list(member_ids),
        removed_at=None,
        role__in=ORGANIZATION_USERS,
        email_verified=True,
        email_sealed__isnull=False,
    ).exclude(pk__in=Link.objects.active().values("member"))
    chosen = able.select_related("organization").order_by("pk")[:MOST_AT_ONCE]
    organizations = {member.organization for member in chosen}
    connected = {one.pk for one in organizations if connections(one)}
    return [
        member
        for member in chosen
        if member.organization_id in connected and is_mailable(member.email or "")
    ]


def invite(member_ids: Iterable[UUID]) -> int:
    """Have everybody who may be invited written to, each once; return how many they are."""
    invited = 0
    for member in invitable(member_ids):
        unasked = Member.objects.filter(pk=member.pk, invited_at=member.invited_at)
        if unasked.update(invited_at=now()):
            invited += 1
            if not hint(INVITE, str(member.pk)):
                send_invitation(member.pk)
    return invited


def send_invitation(member_id: UUID) -> None:
    """Write to a member in their language; a mail server that is away is not asked again."""
    member = Member.objects.select_related("organization").get(pk=member_id)
    found = connections(member.organization)
    if not member.email or member.removed_at is not None or not found:
        return
    values = {
        "target": guide_of(found[0].target).label,
        "organization": one_line(str(member.organization)),
        "page": settings.BASE_URL + reverse("link"),
    }
    with override(language_of(member.locale, member.organization.language)):
        subject = gettext("Receive your direct messages from ovice in %(target)s") % values
        text = gettext(
            "An owner of %(organization)s invites you to receive the direct messages that others"
            " write to you in ovice in your own %(target)s chat as well.\n\n"
            "If you want that, open Integrations in ovice and press Link, or sign in here:\n"
            "%(page)s\n\n"
            "If you do not want that, do nothing. Nothing is linked without you."
        )
        try:
            send_mail(subject, text % values, None, [normalize_email(member.email)])
        except OSError as error:
            logger.warning(
                "member could not be invited", member=member_id, error=type(error).__name__
            )
