"""Uninstall of an installation, an organization or a member: from here on nothing can use it.

One mechanism answers every request: what must end ends now, and a row of the ledger says by when
the rest is gone. Deleting is the work of ``integrations.removal.purge``.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.timezone import now

from integrations.encryption.hashing import keyed_hash
from integrations.models import Installation, InstallationKind, InstallationState, Organization
from integrations.models.removal import Removal, RemovalReason, RemovalScope
from integrations.removal.data_map import hooks
from integrations.removal.lookup import community_hash, member_hash, organization_hash
from integrations.signals import installation_removed
from integrations.targets.errors import TargetError, TokenRejected
from integrations.targets.port import open_target

logger = structlog.stdlib.get_logger(__name__)

# A purge begins so much before everything has to be gone that a stuck one is noticed in time.
HEADROOM = timedelta(days=1)


class Uninstall(StrEnum):
    """Meaning of an uninstall notice."""

    REMOVED = "removed"
    REPEATED = "repeated"
    STALE = "stale"
    UNKNOWN = "unknown"


@transaction.atomic
def remove_installation(
    installation: Installation, *, reason: RemovalReason = RemovalReason.DISCONNECTED
) -> Removal | None:
    """Destroy the token and stop everything that would use it; return None if already removed."""
    removal = _remove(installation, reason)
    if removal is not None:
        stop(removal)
    return removal


@transaction.atomic
def remove_organization(organization: Organization, *, at: datetime) -> Removal:
    """End an organization for good, as ovice told at ``at``; the caller need not hold its lock."""
    # A stronger lock would meet an accept that holds a link and refers to the organization.
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    for installation in Installation.objects.live().filter(organization=row):
        remove_installation(installation, reason=RemovalReason.ORGANIZATION_REMOVED)
    asked = Removal.objects.open().filter(
        organization=row, installation=None, reason=RemovalReason.ORGANIZATION_REMOVED
    )
    return asked.first() or _enter(row, RemovalReason.ORGANIZATION_REMOVED, stopped_at=now())


def uninstall(
    target: str, community_id: str, *, issued_at: datetime | None, digest: str
) -> Uninstall:
    """Act on a verified notice that a community removed our third-party app.

    One short transaction: links and queue follow by ``stop_removed``. A notice from before the
    present generation was connected belongs to an earlier one and changes nothing but its count.
    So does one that has acted already, which ``digest`` tells: its time counts whole seconds, and
    a reinstall may fall into the same one. A notice without a time could be of any generation, so
    the target is asked whether it is over.
    """
    request_hash = keyed_hash("request", target, digest)
    live = (
        Installation.objects.live()
        .filter(target=target, community_id=community_id, kind=InstallationKind.THIRD_PARTY)
        .first()
    )
    meant = live is not None and not _has_acted(request_hash) and _is_meant(live, issued_at)
    with transaction.atomic():
        if live is not None and meant and _remove(live, RemovalReason.UNINSTALLED, request_hash):
            return Uninstall.REMOVED
        known = _note_repeat(target, community_id)
    if live is not None and not meant:
        return Uninstall.STALE
    return Uninstall.REPEATED if known else Uninstall.UNKNOWN


def stop_removed() -> int:
    """End links and queue of what was removed without it; return how many removals that were."""
    waiting = Removal.objects.open().filter(stopped_at=None)
    return sum(stop(removal) for removal in waiting.order_by("pk")[:100])


@transaction.atomic
def stop(removal: Removal) -> bool:
    """End the links and cancel the queue of a removed installation, once."""
    open_ones = Removal.objects.select_for_update(no_key=True).filter(stopped_at=None)
    row = open_ones.filter(pk=removal.pk).first()
    if row is None:
        return False
    for installation in Installation.objects.filter(removal=row):
        installation_removed.send(Installation, installation=installation)
    Removal.objects.filter(pk=row.pk).update(stopped_at=now())
    return True


def erase(organization: Organization, *, member_id: UUID, member_ovice_id: str) -> Removal:
    """Enter the erasure of one member, which begins at once; the caller has ended their links."""
    return _enter(
        organization,
        RemovalReason.ERASURE,
        grace=timedelta(0),
        scope=RemovalScope.MEMBER,
        member_id=member_id,
        member_hash=member_hash(organization, member_ovice_id),
        stopped_at=now(),
    )


@transaction.atomic
def request_deletion(
    target: str, *, account_id: str, issued_at: datetime | None, digest: str
) -> Removal:
    """Enter the erasure of whoever has this account of a third-party app.

    An unknown account is no error: the platform asks, and is given a code either way. ``digest``
    tells the request; the same one again acts no more and is given the same code.
    """
    request_hash = keyed_hash("request", target, digest)
    repeated = Removal.objects.filter(request_hash=request_hash).first()
    if repeated is not None:
        return repeated
    asked = [each.erase_account(target, account_id, issued_at) for each in hooks()]
    erasures = [removal for removal in asked if removal is not None]
    removal = erasures[0] if erasures else _erase_stranger(target, account_id)
    removal.request_hash = request_hash
    removal.save(update_fields=["request_hash"])
    return removal


def _erase_stranger(target: str, account_id: str) -> Removal:
    """Erase at once what somebody left who was never linked, or no longer is."""
    gone: dict[str, int] = {}
    for each in hooks():
        gone |= each.erase_stranger(target, account_id)
    return _enter(
        None,
        RemovalReason.ERASURE,
        grace=timedelta(0),
        scope=RemovalScope.MEMBER,
        member_hash=keyed_hash("account", target, account_id),
        progress={table: {"before": count, "after": None} for table, count in gone.items()},
        stopped_at=now(),
    )


@transaction.atomic
def remove_restored(organization: Organization) -> Removal:
    """Remove what an old backup brought back although it had been purged, without any grace.

    From here on nobody can connect it: the purge would take a new connection along. Doing it again
    returns the same removal.
    """
    at = now()
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    for installation in Installation.objects.live().filter(organization=row):
        remove_installation(installation)
    waiting = Removal.objects.open().filter(organization=row)
    waiting.filter(purge_at__gt=at).update(purge_at=at, due_at=at)
    asked = waiting.filter(reason=RemovalReason.RESTORED, generation=None)
    return asked.first() or _enter(row, RemovalReason.RESTORED, grace=timedelta(0), stopped_at=at)


@transaction.atomic
def remove_again(removal: Removal, installation: Installation) -> Removal:
    """Repeat a removal on a generation that an old backup brought back; return what takes it.

    One that has not ended goes on in its own time. One that had keeps its receipt, and another
    takes this generation at once and nothing else: its organization had outlived it.
    """
    ended = _end(installation)
    if removal.finished_at is not None:
        removal = _enter(
            installation.organization,
            RemovalReason.RESTORED,
            installation=installation,
            grace=timedelta(0),
            scope=RemovalScope.INSTALLATION,
            stopped_at=now(),
        )
    if ended:
        # Its links and its queue are here again as well.
        Removal.objects.filter(pk=removal.pk).update(stopped_at=None)
        stop(removal)
    return removal


def purge_now(removal: Removal) -> None:
    """Bring a removal's purge forward to this moment; one that has begun goes on."""
    at = now()
    waiting = Removal.objects.open().filter(pk=removal.pk, purge_at__gt=at)
    if waiting.update(purge_at=at, due_at=at + min(HEADROOM, removal.due_at - at)):
        logger.info("purge was brought forward", removal=removal.pk)


def status_url(removal: Removal) -> str:
    """Return the public address at which a removal can be followed."""
    path = reverse("removal", args=[removal.confirmation_code])
    return f"{settings.BASE_URL}{path}"


def _remove(
    installation: Installation, reason: RemovalReason, request_hash: str = ""
) -> Removal | None:
    """Take the token away and enter the removal; None when somebody else has done so."""
    if not _end(installation):
        return None
    return _enter(
        installation.organization, reason, installation=installation, request_hash=request_hash
    )


def _end(installation: Installation) -> bool:
    """Take the token away; False when it is gone already."""
    live = Installation.objects.live().filter(pk=installation.pk)
    return bool(
        live.update(
            state=InstallationState.REMOVED,
            access_token_sealed=None,
            app_secret_sealed=None,
            removed_at=now(),
        )
    )


def _enter(
    organization: Organization | None,
    reason: RemovalReason,
    *,
    installation: Installation | None = None,
    grace: timedelta | None = None,
    **fields: object,
) -> Removal:
    """Write a removal into the ledger, with its times."""
    grace = settings.REMOVAL_GRACE if grace is None else grace
    at = now()
    removal = Removal.objects.create(
        organization=organization,
        installation=installation,
        generation=installation.generation if installation else None,
        reason=reason,
        organization_hash=organization_hash(organization.ovice_id) if organization else "",
        community_hash=community_hash(installation),
        requested_at=at,
        purge_at=at + grace - min(HEADROOM, grace / 2),
        due_at=at + grace,
        **fields,
    )
    logger.info("removal entered", removal=removal.pk, reason=reason, due_at=removal.due_at)
    return removal


def _note_repeat(target: str, community_id: str) -> bool:
    """Count a notice on the latest removal of this community; False when there is none."""
    earlier = Removal.objects.filter(community_hash=keyed_hash("community", target, community_id))
    latest = earlier.order_by("-requested_at").values("pk")[:1]
    noted = Removal.objects.filter(pk__in=latest)
    return bool(noted.update(repeats=F("repeats") + 1, repeated_at=now()))


def _has_acted(request_hash: str) -> bool:
    return Removal.objects.filter(request_hash=request_hash).exists()


def _is_meant(installation: Installation, issued_at: datetime | None) -> bool:
    """Tell whether a notice is about this generation; times are whole seconds, as it counts."""
    if issued_at is None:
        return _is_refused(installation)
    connected_at = installation.connected_at
    return connected_at is None or int(issued_at.timestamp()) >= int(connected_at.timestamp())


def _is_refused(installation: Installation) -> bool:
    """Ask the target whether the token is over; where it cannot tell now, the next check asks."""
    try:
        open_target(installation.target, installation.credentials()).check()
    except TokenRejected:
        return True
    except TargetError:
        Installation.objects.filter(pk=installation.pk).update(next_check_at=now())
    return False
