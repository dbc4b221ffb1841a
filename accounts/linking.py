"""Linking a member to the account with the same e-mail address, and ending it again."""

from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts.models import LOCALE_LENGTH, ORGANIZATION_USERS, Link, LinkQuerySet, Member, Role
from accounts.signals import link_made, links_removed
from integrations.addresses import normalize_email
from integrations.errors import NeedsAttention, PermissionMissing, TargetError
from integrations.models import Installation, InstallationState
from integrations.targets import Account, open_target


class LinkRefused(Exception):
    """A member cannot be linked; ``code`` is the contract's word for the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RemovedReason(StrEnum):
    """Why a link ended, in the contract's words."""

    USER = "user"
    MEMBER_REMOVED = "member_removed"
    EMAIL_CHANGED = "email_changed"
    ORG_DISCONNECTED = "org_disconnected"
    ACCOUNT_GONE = "workplace_account_gone"


def link(member: Member, installation: Installation) -> Link:
    """Link ``member`` to the account that has their e-mail address.

    Raises ``LinkRefused`` with the code that says why it cannot be done. Linking again what is
    linked already to the same account returns the existing link.
    """
    asked_at = now()
    email = _linkable_email(member, installation)
    account = _find(installation, email)
    try:
        return _store(member, installation, email, account, asked_at)
    except IntegrityError:
        raise LinkRefused(f"{installation.target}_account_taken") from None


@transaction.atomic
def _store(
    member: Member, installation: Installation, email: str, account: Account, asked_at: datetime
) -> Link:
    """Create the link unless the member or the connection changed during the look-up."""
    member = Member.objects.select_for_update().get(pk=member.pk)
    installation = Installation.objects.select_for_update().get(pk=installation.pk)
    if _linkable_email(member, installation) != email:
        raise LinkRefused("temporarily_unavailable")
    links = Link.objects.active().filter(member=member, installation=installation)
    same = links.filter(account_id=account.account_id, unresolved_at=None)
    if existing := same.first():
        return existing
    unresolved = links.filter(unresolved_at__isnull=False).first()
    made = unresolved or Link(
        organization_id=member.organization_id, member=member, installation=installation
    )
    # Not when it was answered: it may have changed hands while the answer was on its way.
    point_to(made, account, asked_at)
    made.save()
    if unresolved is None:
        link_made.send(Link, link=made)
    return made


def point_to(link: Link, account: Account, asked_at: datetime) -> None:
    """Let the link stand for the account that was asked for at ``asked_at``; not saved yet."""
    link.account_id = account.account_id
    link.account_name = account.name
    link.locale = account.locale[:LOCALE_LENGTH] or link.locale
    link.unresolved_at = None
    link.checked_at = asked_at


def _linkable_email(member: Member, installation: Installation) -> str:
    """Return the address to look up, or refuse for a reason that needs no look-up."""
    connected = installation.state in (InstallationState.ACTIVE, InstallationState.PAUSED)
    if not connected or installation.organization_id != member.organization_id:
        raise LinkRefused("org_not_connected")
    if member.removed_at is not None or Role(member.role) not in ORGANIZATION_USERS:
        raise LinkRefused("not_organization_user")
    if not member.email or not member.email_verified:
        raise LinkRefused("email_unverified")
    return normalize_email(member.email)


def _find(installation: Installation, email: str) -> Account:
    """Return the one active account with this address; no transaction is open meanwhile."""
    try:
        account = open_target(installation.target, installation.credentials()).find_account(email)
    except PermissionMissing as error:
        raise LinkRefused("permission_missing") from error
    except NeedsAttention as error:
        raise LinkRefused("token_invalid") from error
    except TargetError as error:
        raise LinkRefused("temporarily_unavailable") from error
    if account is None or (account.email and normalize_email(account.email) != email):
        raise LinkRefused(f"{installation.target}_account_not_found")
    if account.active is False:
        raise LinkRefused(f"{installation.target}_account_inactive")
    return account


@transaction.atomic
def remove_links(links: LinkQuerySet, *, reason: RemovedReason) -> int:
    """End those of ``links`` that are active, and return how many they were."""
    link_ids = list(links.active().values_list("pk", flat=True))
    ended = Link.objects.active().filter(pk__in=link_ids)
    removed = ended.update(removed_at=now(), removed_reason=reason)
    # What a disconnection ended may come back with the connection, unless it has another end too.
    links.filter(removed_reason=RemovedReason.ORG_DISCONNECTED).update(removed_reason=reason)
    if removed:
        links_removed.send(Link, link_ids=link_ids, reason=reason.value)
    return removed
