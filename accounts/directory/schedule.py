"""When each organization's directory is read from ovice, and what becomes of a pass.

At setup, once a day, spread out, and after a gap in events. Without an ``OVICE_DIRECTORY_URL``
directories come from events alone.
"""

import zlib
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import now

from accounts.directory.sync import Applied, TooManyLeave, apply_directory
from accounts.models import DirectorySync
from accounts.signals import directory_stopped
from core.queue import hint
from integrations.models import Organization
from integrations.ovice.directory import DirectoryUnreadable, read_directory
from integrations.ovice.webhooks import TOLERANCE_SECONDS

logger = structlog.stdlib.get_logger(__name__)

SYNC = "accounts.tasks.sync_directory"
EVERY = timedelta(days=1)
# After a gap in events or for a new connection, but not again and again.
SOONEST = timedelta(hours=1)
# An event that comes in later than this was kept from us, and others may have been lost.
GAP = timedelta(minutes=15)
# Longer than a pass can take.
CLAIM = timedelta(minutes=20)
RETRY = timedelta(minutes=10)
LONGEST_RETRY = timedelta(hours=6)
# ovice's clock may be off by as much as its signatures may.
CLOCK_SKEW = timedelta(seconds=TOLERANCE_SECONDS)


def sync(organization: Organization) -> Applied | None:
    """Read the directory and apply it; return None when that failed or was stopped.

    The organization's ``DirectorySync`` keeps the result of the pass.
    """
    row, _ = DirectorySync.objects.get_or_create(organization=organization)
    at = now() - CLOCK_SKEW
    try:
        directory = read_directory(organization.ovice_id)
        applied = apply_directory(organization, directory, at=at, confirmed=row.confirmed)
    except DirectoryUnreadable as error:
        _note_failure(row, error.code)
    except TooManyLeave as stop:
        _note_stop(row, stop)
    else:
        _note_applied(row, directory.generation, applied)
        return applied
    return None


def sync_due(organization_id: UUID) -> None:
    """Read the directory of an organization whose turn it is, unless somebody does so already."""
    at = now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=at - CLAIM)
    row = DirectorySync.objects.filter(free, organization=organization_id, due_at__lte=at)
    if row.update(claimed_at=at):
        sync(Organization.objects.get(pk=organization_id))


def sweep() -> int:
    """Wake every organization whose directory is due; return how many they are."""
    if not settings.OVICE_DIRECTORY_URL:
        return 0
    living = Organization.objects.filter(removed_at=None)
    for organization in living.filter(directory_sync=None):
        DirectorySync.objects.get_or_create(organization=organization)
    due = living.filter(directory_sync__due_at__lte=now()).values_list("pk", flat=True)
    return sum(hint(SYNC, str(organization_id), expires=RETRY) for organization_id in due)


def ask_for_sync(organization: Organization) -> None:
    """Let the directory be read soon; the sweep does it."""
    row, _ = DirectorySync.objects.get_or_create(organization=organization)
    soon = max(now(), (row.applied_at or now()) + SOONEST) if row.applied_at else now()
    DirectorySync.objects.filter(pk=row.pk, due_at__gt=soon).update(due_at=soon)


def notice_gap(organization: Organization, told_at: datetime) -> None:
    """Ask for a sync when an event came in so late that others may have been lost."""
    if settings.OVICE_DIRECTORY_URL and told_at < now() - GAP:
        ask_for_sync(organization)


def confirm(organization: Organization) -> int:
    """Let as many people go as the stopped pass found missing; return how many that are."""
    stopped = DirectorySync.objects.filter(organization=organization, stopped_at__isnull=False)
    stopped.update(confirmed=F("leaving"), due_at=now(), claimed_at=None)
    return sum(stopped.values_list("confirmed", flat=True))


def _note_applied(row: DirectorySync, generation: str, applied: Applied) -> None:
    row.generation, row.members, row.applied_at = generation, applied.members, now()
    row.failed_at, row.failure, row.failures = None, "", 0
    row.stopped_at, row.leaving, row.present, row.confirmed = None, 0, 0, 0
    row.due_at, row.claimed_at = now() + EVERY + _spread(row), None
    row.save()
    logger.info(
        "directory was read",
        organization=row.organization_id,
        members=applied.members,
        added=applied.added,
        changed=applied.changed,
        removed=applied.removed,
        unreadable=applied.unreadable,
    )


def _note_failure(row: DirectorySync, code: str) -> None:
    row.failed_at, row.failure, row.failures = now(), code, row.failures + 1
    row.due_at = now() + min(RETRY * 2 ** min(row.failures - 1, 10), LONGEST_RETRY)
    row.claimed_at = None
    row.save()
    logger.warning("directory could not be read", organization=row.organization_id, code=code)


@transaction.atomic
def _note_stop(row: DirectorySync, stop: TooManyLeave) -> None:
    is_news = row.stopped_at is None
    row.stopped_at = row.stopped_at or now()
    row.leaving, row.present, row.confirmed = stop.leaving, stop.present, 0
    row.failed_at, row.failure, row.failures = None, "", 0
    row.due_at, row.claimed_at = now() + EVERY, None
    row.save()
    logger.warning(
        "directory was stopped: too many would be removed",
        organization=row.organization_id,
        leaving=stop.leaving,
        present=stop.present,
    )
    if is_news:
        directory_stopped.send(DirectorySync, sync=row)


def _spread(row: DirectorySync) -> timedelta:
    """Return a fixed share of an hour, so that organizations do not come all at once."""
    return timedelta(seconds=zlib.crc32(row.organization_id.bytes) % 3_600)
