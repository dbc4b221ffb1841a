"""Links: a member is linked to the account with the same e-mail address, and unlinked again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from threading import Condition
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import now

from accounts.models import LOCALE_LENGTH, ORGANIZATION_USERS, Link, LinkQuerySet, Member, Role
from accounts.signals import link_made, links_removed
from core.addresses import normalize_email
from core.text import one_line
from integrations.models import Installation, InstallationState
from integrations.targets.errors import NeedsAttention, PermissionMissing, TargetError
from integrations.targets.port import Account, open_target

# A slow target must not keep every thread of a web process: ovice's events come in there as well.
LOOK_UPS_AT_ONCE, PATIENCE_SECONDS = 2, 2.0
# For whom they are under way: one at a time for each, so that nobody alone can hold them all.
_looked_up: set[UUID] = set()
_ended = Condition()


class LinkRefused(Exception):
    """A member cannot be linked; ``code`` is the contract's word for the reason.

    ``permission`` names what the connection lacks, where that is the reason; ``holder`` is the link
    that has the account, where that is.
    """

    def __init__(self, code: str, *, permission: str = "", holder: Link | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.permission = permission
        self.holder = holder


class RemovedReason(StrEnum):
    """Why a link ended, in the contract's words."""

    USER = "user"
    MEMBER_REMOVED = "member_removed"
    EMAIL_CHANGED = "email_changed"
    ORG_DISCONNECTED = "org_disconnected"
    ACCOUNT_GONE = "workplace_account_gone"


def look_up(member: Member, installation: Installation) -> Account:
    """Return the account to which ``member`` would be linked now; no transaction may be open.

    Raises ``LinkRefused`` with the code that says why there is none.
    """
    return _find(member, installation, _linkable_email(member, installation))


def mark_of(member: Member, installation: Installation, account: Account) -> str:
    """Return a mark by which a page can hand back which account it showed to whom.

    It tells nothing about the account and cannot be made up.
    """
    shown = f"{member.pk} {installation.pk} {account.account_id}"
    return salted_hmac("accounts.linking.mark", shown, algorithm="sha256").hexdigest()


def link(member: Member, installation: Installation, *, mark: str | None = None) -> Link:
    """Link ``member`` to the account that has their e-mail address.

    ``mark`` is that of the account they saw and agreed to: another one is refused. Raises
    ``LinkRefused`` with the code that says why it cannot be done. Linking again what is linked
    already to the same account returns the existing link.
    """
    asked_at = now()
    email = _linkable_email(member, installation)
    account = _find(member, installation, email)
    if mark is not None and not constant_time_compare(mark, mark_of(member, installation, account)):
        raise LinkRefused("account_changed")
    try:
        return _store(member, installation, email, account, asked_at)
    except IntegrityError:
        raise _taken(installation, account) from None
    except ObjectDoesNotExist:
        # The member was erased, or the connection purged, during the look-up.
        raise LinkRefused("temporarily_unavailable") from None


@transaction.atomic
def _store(
    member: Member, installation: Installation, email: str, account: Account, asked_at: datetime
) -> Link:
    """Create the link unless the member or the connection changed during the look-up."""
    # Stronger locks would meet an accept that holds one of the links and refers to these rows.
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    installation = Installation.objects.select_for_update(no_key=True).get(pk=installation.pk)
    if _linkable_email(member, installation) != email:
        raise LinkRefused("temporarily_unavailable")
    links = Link.objects.active().filter(member=member, installation=installation)
    if existing := links.filter(account_id=account.account_id, unresolved_at=None).first():
        return existing
    # Their address leads to another account than before.
    remove_links(links.filter(unresolved_at=None), reason=RemovedReason.ACCOUNT_GONE)
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
    if link.account_id not in ("", account.account_id, *link.former_account_ids):
        link.former_account_ids = [*link.former_account_ids, link.account_id]
    link.account_id = account.account_id
    link.account_name = one_line(account.name)
    link.locale = account.locale[:LOCALE_LENGTH] or link.locale
    link.unresolved_at = None
    link.checked_at = asked_at


def _taken(installation: Installation, account: Account) -> LinkRefused:
    resolved = Link.objects.active().filter(installation=installation, unresolved_at=None)
    holder = (
        resolved.filter(account_id=account.account_id)
        .select_related("member", "installation")
        .first()
    )
    return LinkRefused(f"{installation.target}_account_taken", holder=holder)


def _linkable_email(member: Member, installation: Installation) -> str:
    """Return the address to look up, or refuse for a reason that needs no look-up."""
    _require_connection(member, installation)
    if member.removed_at is not None or Role(member.role) not in ORGANIZATION_USERS:
        raise LinkRefused("not_organization_user")
    if not member.email or not member.email_verified:
        raise LinkRefused("email_unverified")
    return normalize_email(member.email)


def _require_connection(member: Member, installation: Installation) -> None:
    organization = installation.organization
    if installation.state == InstallationState.ATTENTION:
        lacks = installation.attention_reason == PermissionMissing.reason
        raise LinkRefused("permission_missing" if lacks else "token_invalid")
    connected = installation.state in (InstallationState.ACTIVE, InstallationState.PAUSED)
    there = organization.removed_at is None and organization.feature_enabled
    if not (connected and there and organization.pk == member.organization_id):
        raise LinkRefused("org_not_connected")


@contextmanager
def _look_up_of(member: Member) -> Iterator[None]:
    """Be one of the few look-ups; refuse where that takes too long."""
    with _ended:
        if not _ended.wait_for(lambda: _may_look_up(member), PATIENCE_SECONDS):
            raise LinkRefused("temporarily_unavailable")
        _looked_up.add(member.pk)
    try:
        yield
    finally:
        with _ended:
            _looked_up.discard(member.pk)
            _ended.notify_all()


def _may_look_up(member: Member) -> bool:
    return len(_looked_up) < LOOK_UPS_AT_ONCE and member.pk not in _looked_up


def _find(member: Member, installation: Installation, email: str) -> Account:
    """Return the one active account with this address; no transaction is open meanwhile."""
    try:
        with _look_up_of(member):
            target = open_target(installation.target, installation.credentials())
            account = target.find_account(email)
    except PermissionMissing as error:
        raise LinkRefused("permission_missing", permission=error.code) from error
    except NeedsAttention as error:
        raise LinkRefused("token_invalid") from error
    except TargetError as error:
        raise LinkRefused("temporarily_unavailable") from error
    if account is None or normalize_email(account.email or email) != email:
        raise LinkRefused(f"{installation.target}_account_not_found")
    if account.active is False:
        raise LinkRefused(f"{installation.target}_account_inactive")
    return account


@transaction.atomic
def remove_links(links: LinkQuerySet, *, reason: RemovedReason) -> int:
    """End those of ``links`` that are active, and return how many they were."""
    # Links that a disconnection ended may come back with the connection, unless they have another
    # end too.
    disconnected = Q(removed_reason=RemovedReason.ORG_DISCONNECTED)
    # All in the order in which whoever accepts or moves several locks them.
    locked = links.select_for_update(of=("self",), no_key=True).only("removed_at").order_by("pk")
    found = list(locked.filter(Q(removed_at=None) | disconnected))
    link_ids = [link.pk for link in found if link.removed_at is None]
    ended = Link.objects.active().filter(pk__in=link_ids)
    removed = ended.update(removed_at=now(), removed_reason=reason)
    links.filter(disconnected).update(removed_reason=reason)
    if removed:
        links_removed.send(Link, link_ids=link_ids, reason=reason.value)
    return removed
