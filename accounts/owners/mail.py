"""E-mails to an organization's owners: one when something needs them, one when that is over.

Rows are written in the transaction of what happened and sent by a task of its own, so that neither
a mail server nor a task's arguments see more than they must. No mail is sent twice.
"""

import smtplib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import DirectorySync, OwnerMail, OwnerMailKind, Ownership, User, lapsed_at
from accounts.owners.removal_messages import text_of
from core.languages import language_of
from core.text import one_line
from integrations.connections.health import explain_trouble
from integrations.models import Installation, Organization
from integrations.models.removal import Removal
from integrations.targets.port import guide_of

logger = structlog.stdlib.get_logger(__name__)

# A mail server that is away is tried again, later each time, for about an hour.
MOST_TRIES = 7
FIRST_WAIT = timedelta(seconds=30)
BATCH = 50


def tell_owners(
    organization: Organization,
    kind: OwnerMailKind,
    *,
    target: str = "",
    reason: str = "",
    removal: Removal | None = None,
) -> int:
    """Have every owner written to who may act, soon; return how many they are.

    This takes the place of what still waits to be sent of the same kind.
    """
    same = {"organization": organization, "kind": kind, "target": target, "removal": removal}
    OwnerMail.objects.filter(**same, claimed_at=None).delete()
    standing = Ownership.objects.filter(organization=organization).exclude(lapsed_at(now()))
    owners = User.objects.filter(is_active=True, pk__in=standing.values("user"))
    return _write_to(owners, **same, reason=reason)


def tell_healed(organization: Organization, *, target: str) -> int:
    """Tell of the end of a trouble those who heard of it; who has not yet, hears of neither."""
    mails = OwnerMail.objects.filter(organization=organization, target=target)
    mails.filter(kind=OwnerMailKind.ATTENTION, claimed_at=None).delete()
    told: dict[object, User] = {}
    of_trouble = mails.filter(kind__in=(OwnerMailKind.ATTENTION, OwnerMailKind.HEALED))
    for mail in of_trouble.select_related("user").order_by("created_at"):
        if mail.kind == OwnerMailKind.ATTENTION:
            told[mail.user_id] = mail.user
        else:
            told.pop(mail.user_id, None)
    healed = OwnerMailKind.HEALED
    return _write_to(told.values(), organization=organization, kind=healed, target=target)


def tell_of_deaf_bot(installation: Installation, *, reason: str) -> None:
    """Tell the owners, once for as long as the bot is not heard again."""
    about = {"kind": OwnerMailKind.DEAF, "target": installation.target}
    since = installation.told_at or installation.connected_at or now()
    mails = OwnerMail.objects.filter(organization=installation.organization, **about)
    if not mails.filter(created_at__gte=since).exists():
        tell_owners(
            installation.organization,
            OwnerMailKind.DEAF,
            target=installation.target,
            reason=reason,
        )


def send_waiting() -> int:
    """Send what is due, each mail by one worker only, and return how many were sent."""
    settled = Q(kind=OwnerMailKind.DIRECTORY, organization__directory_sync__stopped_at=None)
    waiting = OwnerMail.objects.filter(
        ~settled, claimed_at=None, due_at__lte=now(), tries__lt=MOST_TRIES
    )
    mails = waiting.select_related("user", "organization", "removal").order_by("due_at")[:BATCH]
    return sum(_send(mail) for mail in mails if _claim(mail))


def _write_to(users: Iterable[User], **about: Any) -> int:
    mails = [OwnerMail(user=user, **about) for user in users]
    return len(OwnerMail.objects.bulk_create(mails))


def _claim(mail: OwnerMail) -> bool:
    unclaimed = OwnerMail.objects.filter(pk=mail.pk, claimed_at=None)
    return bool(unclaimed.update(claimed_at=now(), tries=F("tries") + 1))


def _send(mail: OwnerMail) -> bool:
    """Send a claimed mail; a server that refuses or is away gives it back for later."""
    row = OwnerMail.objects.filter(pk=mail.pk)
    with override(language_of(mail.user.locale, mail.organization.language)):
        subject, body = _compose(mail)
    try:
        send_mail(subject, body, None, [mail.user.email])
    except (smtplib.SMTPException, OSError) as error:
        row.update(claimed_at=None, due_at=now() + FIRST_WAIT * 2**mail.tries)
        # Its text may quote the address.
        logger.warning("owner mail was not sent", mail=mail.pk, error=type(error).__name__)
        return False
    row.update(sent_at=now())
    return True


def _compose(mail: OwnerMail) -> tuple[str, str]:
    """Return subject and body in the language in force."""
    if mail.removal is not None:
        return _("Your data is going to be deleted"), text_of(mail.removal)
    values = {"organization": str(mail.organization)}
    if mail.target:
        values["target"] = str(guide_of(mail.target).label)
    subjects = {
        OwnerMailKind.ATTENTION: _("%(organization)s: direct messages do not reach %(target)s"),
        OwnerMailKind.HEALED: _("%(organization)s: direct messages reach %(target)s again"),
        OwnerMailKind.DEAF: _("%(organization)s: the bot in %(target)s does not answer"),
        OwnerMailKind.DIRECTORY: _("%(organization)s: have these people left?"),
    }
    kind = OwnerMailKind(mail.kind)
    told = _missing(mail) if kind is OwnerMailKind.DIRECTORY else _trouble(mail)
    body = render_to_string(f"mail/{kind}.txt", {**values, **told})
    return one_line(subjects[kind] % values), body


def _trouble(mail: OwnerMail) -> dict[str, object]:
    live = mail.organization.installations.live().filter(target=mail.target).first()
    kind = live.kind if live else ""
    text, next_step = explain_trouble(mail.target, mail.reason, kind) if mail.reason else ("", "")
    return {
        "text": text,
        "next_step": next_step,
        "hours": int(mail.organization.expire_after.total_seconds() // 3600),
        "url": f"{settings.BASE_URL}{reverse('admin:index')}",
    }


def _missing(mail: OwnerMail) -> dict[str, object]:
    sync = DirectorySync.objects.get(organization=mail.organization_id)
    page = reverse("admin:accounts_directorysync_changelist")
    url = f"{settings.BASE_URL}{page}"
    return {"leaving": sync.leaving, "present": sync.present, "url": url}
