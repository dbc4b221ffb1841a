"""Relinking: links move to a new generation of their installation.

Account ids are scoped to the app (Workplace, "App-scoped IDs"), so a link that comes from an
earlier generation is ``unresolved`` until its member's address has been looked up anew. Meanwhile
its messages wait in order; who is not found any more loses the link.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, point_to, remove_links
from accounts.models import ORGANIZATION_USERS, Link
from accounts.signals import links_moved
from core.addresses import normalize_email
from integrations.connections.hold import need_attention
from integrations.models import Installation
from integrations.targets.errors import NeedsAttention, TargetError
from integrations.targets.port import Account, open_target

logger = structlog.stdlib.get_logger(__name__)

RESOLVE_LINKS = "accounts.tasks.resolve_links"
BATCH = 50


@transaction.atomic
def move_links(previous: Installation, installation: Installation) -> None:
    """Take over the links of ``previous``: the active ones, and those that its removal ended.

    A member who left, changed their address or unlinked since then is not brought back.
    """
    links = Link.objects.filter(installation=previous)
    # Evaluated for its locks: what is being removed right now must be seen as removed below.
    list(links.select_for_update(no_key=True).values_list("pk", flat=True).order_by("pk"))
    disconnected = Q(
        removed_reason=RemovedReason.ORG_DISCONNECTED,
        member__removed_at=None,
        member__role__in=ORGANIZATION_USERS,
    )
    links.filter(Q(removed_at=None) | disconnected).update(
        installation=installation, unresolved_at=now(), removed_at=None, removed_reason=""
    )
    links_moved.send(Link, previous=previous, installation=installation)


def installations_to_resolve() -> list[UUID]:
    """Return the ids of the live installations that have unresolved links."""
    unresolved = Link.objects.active().filter(unresolved_at__isnull=False)
    waiting = unresolved.values_list("installation", flat=True).distinct().order_by()
    return list(Installation.objects.live().filter(pk__in=waiting).values_list("pk", flat=True))


def resolve_links(installation_id: UUID) -> int:
    """Look the unresolved links' accounts up anew and return how many were settled.

    Links about which the target gives no answer stay unresolved, for the next time.
    """
    installation = Installation.objects.live().filter(pk=installation_id).first()
    if installation is None:
        return 0
    target = open_target(installation.target, installation.credentials())
    links = Link.objects.active().filter(installation=installation, unresolved_at__isnull=False)
    settled, after = 0, UUID(int=0)
    while batch := list(links.filter(pk__gt=after).select_related("member").order_by("pk")[:BATCH]):
        after = batch[-1].pk
        emails = [normalize_email(link.member.email or "") for link in batch]
        asked_at = now()
        try:
            found = target.find_accounts(emails)
        except TargetError as error:
            if isinstance(error, NeedsAttention):
                need_attention(installation, reason=error.reason)
            logger.warning(
                "links wait for their accounts", installation=installation.pk, **error.fields
            )
            return settled
        settled += sum(
            _settle(link, email, found, asked_at) for link, email in zip(batch, emails, strict=True)
        )
    return settled


def _settle(
    link: Link, email: str, found: Mapping[str, Account | None], asked_at: datetime
) -> bool:
    """Give the link its new account, or end it; False when nothing was found out."""
    if email not in found:
        return False
    account = found[email]
    if account is None or account.active is False:
        remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.ACCOUNT_GONE)
        return True
    try:
        return _resolve(link, email, account, asked_at)
    except IntegrityError:
        # Another member has been linked to this account meanwhile.
        remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.ACCOUNT_GONE)
        return True


@transaction.atomic
def _resolve(link: Link, email: str, account: Account, asked_at: datetime) -> bool:
    """Write the account down unless link, generation or address changed during the look-up."""
    current = Link.objects.active().select_for_update(of=("self",), no_key=True)
    same = current.filter(pk=link.pk, installation_id=link.installation_id)
    row = same.select_related("member").first()
    if row is None or normalize_email(row.member.email or "") != email:
        return False
    point_to(row, account, asked_at)
    row.save()
    return True
