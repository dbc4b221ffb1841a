"""Verification of a link: does it still lead to the person it was made for?

An account is a number; whom it belongs to is decided in the target. Its administrators rename
addresses, give a leaver's address to a successor, hand an account on, deactivate it, and tell us
nothing. So the question by which the link was made is asked again: before a DM is sent, when the
last answer is older than ``LINK_CHECK_AGE``; when the target refuses the recipient; and at least
once in ``LINK_RECHECK_EVERY`` for links to which nobody writes (``verify_schedule``).
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import structlog
from django.conf import settings
from django.utils.timezone import now

from accounts.linking.link import LinkRefused, RemovedReason, link, remove_links
from accounts.models import Link, Member
from accounts.signals import link_needs_attention
from core.addresses import normalize_email
from core.text import one_line
from integrations.models import Installation
from integrations.targets.errors import PermissionMissing, TargetError
from integrations.targets.port import Account, ChatTarget, open_target

logger = structlog.stdlib.get_logger(__name__)

# So old that the next DM asks first.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
REFUSED = "recipient_refused"


def recheck_if_old(link: Link, target: ChatTarget) -> str:
    """Return why nothing may be sent to ``link``, or ``""``; asks the target only when it must.

    Raises a ``TargetError`` when it must and gets no answer: then nothing may be sent either.
    """
    if link.checked_at > now() - settings.LINK_CHECK_AGE:
        return ""
    return recheck(link, target)


def recheck(link: Link, target: ChatTarget) -> str:
    """Ask whose account it is, end the link if it is not the member's, and return why it is over.

    ``link`` comes with its member. Raises a ``TargetError`` when there is no telling.
    """
    asked_at = now()
    email = normalize_email(link.member.email or "")
    found = target.find_account(email) if email else None
    return conclude(link, judge(link, found, target), asked_at)


def check_links(links: Iterable[Link]) -> dict[str, int]:
    """Ask about some links at once, one after another; return how many are well, ended or open.

    ``links`` come with their members and installations. Without an answer a link stays as it is.
    """
    counts = {"well": 0, "ended": 0, "open": 0}
    for one in links:
        try:
            target = open_target(one.installation.target, one.installation.credentials())
            counts["ended" if recheck(one, target) else "well"] += 1
        except TargetError:
            counts["open"] += 1
    return counts


def judge(link: Link, found: Account | None, target: ChatTarget) -> Account | None:
    """Return the account if it still is the member's; ``found`` is what their address leads to.

    An address that leads nowhere is not believed at once: without the right to see addresses a
    target may answer just so. Raises ``PermissionMissing`` when that may be the case.
    """
    if found is None:
        found = _by_id(link, target)
    theirs = found is not None and found.account_id == link.account_id
    return found if theirs and found and found.active is not False else None


def conclude(link: Link, account: Account | None, asked_at: datetime) -> str:
    """Write down what was found out, and return why the link is over, or ``""``.

    Touches the row only while it is what the question was about: a link that was moved to another
    account meanwhile raises ``TargetError``, to be asked about anew.
    """
    same = Link.objects.filter(
        pk=link.pk,
        installation=link.installation_id,
        account_id=link.account_id,
        unresolved_at=None,
    )
    if account is None and remove_links(same, reason=RemovedReason.ACCOUNT_GONE):
        logger.info("the address leads to another account, or to none", link=link.pk)
    elif same.active().update(checked_at=asked_at):
        link.checked_at = asked_at
        _rename(link, account)
        return ""
    over: str = Link.objects.values_list("removed_reason", flat=True).get(pk=link.pk)
    if not over:
        raise TargetError(code="link_moved")
    return over


def link_checked(member: Member, installation: Installation, *, mark: str | None = None) -> Link:
    """Link as ``linking.link`` does, but do not let a link that is over stand in the way.

    The account may be held by somebody whose address it no longer has.
    """
    try:
        return link(member, installation, mark=mark)
    except LinkRefused as refused:
        if refused.holder is None or not _is_over(refused.holder):
            raise
    return link(member, installation, mark=mark)


def _is_over(link: Link) -> bool:
    installation = link.installation
    try:
        return bool(recheck(link, open_target(installation.target, installation.credentials())))
    except TargetError:
        return False


def look_into_refusal(link: Link, target: ChatTarget) -> None:
    """The target refused this recipient: end the link if it is over, else tell of the trouble.

    A member who cannot be asked now is asked before the next DM.
    """
    try:
        over = recheck(link, target)
    except TargetError:
        Link.objects.filter(pk=link.pk).update(checked_at=LONG_AGO)
        return
    if not over:
        need_attention(link, reason=REFUSED)


def need_attention(link: Link, *, reason: str) -> None:
    """Note, and tell once, that the target takes nothing for this account."""
    unnoticed = Link.objects.active().filter(pk=link.pk, attention_at=None)
    if unnoticed.update(attention_at=now(), attention_reason=reason):
        link.attention_at, link.attention_reason = now(), reason
        link_needs_attention.send(Link, link=link)


def note_arrival(link: Link) -> None:
    """Something has arrived: whatever needed attention has healed."""
    if link.attention_at is not None:
        Link.objects.filter(pk=link.pk).update(attention_at=None, attention_reason="")
        link.attention_at, link.attention_reason = None, ""


def _by_id(link: Link, target: ChatTarget) -> Account | None:
    account = target.get_account(link.account_id)
    if account is None or account.active is False:
        return None
    if not account.email:
        raise PermissionMissing(code="email_hidden")
    same = normalize_email(account.email) == normalize_email(link.member.email or "")
    return account if same else None


def _rename(link: Link, account: Account | None) -> None:
    """Keep the name that is shown to the member in step."""
    name = one_line(account.name) if account else ""
    if name and name != link.account_name:
        link.account_name = name
        link.save(update_fields=["account_name_sealed"])
