"""Schedule of verification: every link once a day, a few at a time, spread over the whole day.

The links that were not looked at for the longest time come first, up to 50 in one call, so that
a large organization neither waits for a small one nor spends its rate limit at one go.
"""

from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.utils.timezone import now

from accounts.linking.verify import conclude, judge
from accounts.models import Link, LinkQuerySet
from core.addresses import normalize_email
from integrations.connections.hold import need_attention
from integrations.models import Installation
from integrations.targets.errors import NeedsAttention, PermissionMissing, TargetError
from integrations.targets.port import Account, ChatTarget, open_target

logger = structlog.stdlib.get_logger(__name__)

BATCH = 50
# So many rounds go by before each link was looked at.
ROUNDS = settings.LINK_RECHECK_EVERY // settings.LINK_ROUND_EVERY
# Where more than this goes at once, the connection itself is doubted first.
MANY, SHARE = 5, 0.2


def due_installations(at: datetime) -> list[UUID]:
    """Return the ids of the installations that may send and have links to look at."""
    sendable = Installation.objects.sendable(at)
    due = _due(at).filter(installation__in=sendable)
    return list(due.values_list("installation", flat=True).distinct().order_by())


def go_round(installation_id: UUID) -> int:
    """Look at the next few links of one installation; return how many ended.

    Links about which the target gives no answer stay due.
    """
    installation = Installation.objects.sendable(now()).filter(pk=installation_id).first()
    if installation is None:
        return 0
    target = open_target(installation.target, installation.credentials())
    links = Link.objects.active().filter(installation=installation)
    share = max(BATCH, -(-links.count() // ROUNDS))
    due = _due(now()).filter(installation=installation)
    batch = list(due.select_related("member").order_by("checked_at")[:share])
    try:
        return _look_at(batch, target)
    except NeedsAttention as error:
        need_attention(installation, reason=error.reason)
    except TargetError as error:
        logger.info("links stay due", installation=installation_id, **error.fields)
    return 0


def _due(at: datetime) -> LinkQuerySet:
    looked_at = at - settings.LINK_RECHECK_EVERY
    return Link.objects.active().filter(checked_at__lte=looked_at, unresolved_at=None)


def _look_at(links: list[Link], target: ChatTarget) -> int:
    asked_at = now()
    emails = {link.pk: normalize_email(link.member.email or "") for link in links}
    found = target.find_accounts(list(emails.values()))
    known = [link for link in links if emails[link.pk] in found]
    judged = [(link, judge(link, found[emails[link.pk]], target)) for link in known]
    _doubt(judged, target)
    return sum(bool(conclude(link, account, asked_at)) for link, account in judged)


def _doubt(judged: list[tuple[Link, Account | None]], target: ChatTarget) -> None:
    """Before many links end at once, prove the connection anew; raise if it does not stand."""
    gone = sum(account is None for _link, account in judged)
    if gone > MANY and gone > SHARE * len(judged):
        missing = target.check().missing_permissions
        if missing:
            raise PermissionMissing(code=",".join(missing))
