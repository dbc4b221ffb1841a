"""Purge of what was removed: in small batches, from wherever an earlier run was killed.

A batch is one short transaction. Nothing is remembered between batches but the rows that are left,
so a run that dies loses at most the batch it was in, and two runs at once only share the work.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from core.db.bulk_delete import Pace, delete_in_batches
from core.metrics import PURGED_ROWS
from integrations.models import (
    CARCASS,
    GONE_STATES,
    Callback,
    DataKey,
    Installation,
    Organization,
)
from integrations.models.removal import Removal, RemovalReason, RemovalScope
from integrations.removal.data_map import Subject, Table, hooks, subject_of, tables
from integrations.removal.receipts import make_receipt
from integrations.signals import purge_runs

logger = structlog.stdlib.get_logger(__name__)

# So long a purge without any grace waits until owners and ovice have been told of the removal.
_TELLING = timedelta(minutes=5)
# In seconds; batches take a twentieth of one.
_NOTED_EVERY = 1.0
# Where these are no connection's own removals, nothing of the organization may live on.
_WHOLE = (RemovalReason.ORGANIZATION_REMOVED, RemovalReason.RESTORED)


def purge_ready(*, seconds: float) -> int:
    """Purge what is due, for about so long; return how many removals were finished.

    One that fails is noted and does not keep the others waiting.
    """
    end = time.monotonic() + seconds
    finished = 0
    for removal in Removal.objects.ready(now()):
        if time.monotonic() >= end:
            break
        if _is_untold(removal):
            continue
        try:
            finished += purge(removal, seconds=end - time.monotonic())
        except Exception as error:
            # The error must not stop the next customer's purge; the alarm tells of it.
            logger.exception("purge failed", removal=removal.pk)
            at = now()
            failed = Removal.objects.filter(pk=removal.pk)
            failed.update(failed_at=at, failure=type(error).__name__[:64])
    return finished


def _is_untold(removal: Removal) -> bool:
    """Tell whether owners or ovice still have to hear of it.

    Once the purge has begun, nobody knows who the owners were and what ovice called the
    organization. An operator or an old backup that brings back purged data told them then.
    """
    too_late = removal.requested_at <= now() - _TELLING
    if too_late or removal.reason == RemovalReason.RESTORED:
        return False
    # Owners do not hear of a member's erasure.
    heard = removal.scope == RemovalScope.MEMBER or removal.told_at is not None
    waiting = Callback.objects.to_tell().filter(organization=removal.organization_id)
    return not heard or removal.stopped_at is None or waiting.exists()


def purge(removal: Removal, *, seconds: float = float("inf")) -> bool:
    """Begin or go on with one removal's purge; return whether it has ended."""
    end = time.monotonic() + seconds
    begun = begin(removal)
    if begun is None:
        return False
    purge_runs.send(Removal, subject=subject_of(begun))
    pace, noted = Pace(), float("-inf")
    for rows in _parts(begun):
        for deleted in delete_in_batches(rows, pace):
            PURGED_ROWS.labels(begun.reason).inc(deleted)
            if time.monotonic() >= noted + _NOTED_EVERY:
                noted = time.monotonic()
                Removal.objects.filter(pk=begun.pk).update(progressed_at=now())
            pace.rest()
            if time.monotonic() >= end:
                return False
    return finish(begun)


@transaction.atomic
def begin(removal: Removal) -> Removal | None:
    """Decide what the purge takes, destroy its keys and count its rows, once; None if it ended.

    The organization's row is locked, so a reconnect either came first and keeps the organization,
    or comes after and finds a name that is free.
    """
    row = Removal.objects.select_for_update(no_key=True).open().filter(pk=removal.pk).first()
    if row is None or row.begun_at is not None:
        return row
    row.scope = _scope(row)
    row.begun_at = row.progressed_at = now()
    row.destroyed_keys = []
    if row.scope == RemovalScope.ORGANIZATION and row.organization_id is not None:
        row.destroyed_keys = _retire(row.organization_id, row.begun_at)
    row.user_ids = _users(subject_of(row))
    # Rows deleted when the purge was asked for count as well.
    earlier = {model: counts["before"] for model, counts in row.progress.items()}
    row.progress = {
        table.model: {"before": count + earlier.get(table.model, 0), "after": None}
        for table, count in _counts(subject_of(row))
    }
    row.save()
    return row


@transaction.atomic
def finish(removal: Removal) -> bool:
    """Count once more and sign the receipt; False when rows have come in meanwhile."""
    # The strong lock: its installation, which is a key, will be emptied.
    row = Removal.objects.select_for_update().get(pk=removal.pk)
    if row.finished_at is not None:
        return True
    left = {table.model: count for table, count in _counts(subject_of(row))}
    if any(left.values()):
        return False
    row.progress = {
        model: {"before": counts["before"], "after": left.get(model, 0)}
        for model, counts in row.progress.items()
    }
    row.finished_at = row.progressed_at = now()
    row.organization = row.installation = row.member_id = None
    row.user_ids = []
    row.failed_at, row.failure = None, ""
    row.receipt = make_receipt(row)
    row.save()
    logger.info("purged", removal=row.pk)
    return True


def _scope(row: Removal) -> RemovalScope:
    """Return what may be taken: the whole organization only if nothing of it lives on."""
    if row.scope:
        # A member's, or a generation's whose organization lived on before a backup was restored.
        return RemovalScope(row.scope)
    # The strong lock: its name in ovice, which is a key, may be freed.
    organization = Organization.objects.select_for_update(of=("self",)).filter(removal=row).first()
    if row.reason in _WHOLE and row.installation_id is None:
        return RemovalScope.ORGANIZATION
    in_use = organization is not None and _is_in_use(organization, row)
    return RemovalScope.INSTALLATION if in_use else RemovalScope.ORGANIZATION


def _is_in_use(organization: Organization, row: Removal) -> bool:
    """Tell whether a connection lives, or a later removal still waits for its own time."""
    other = Removal.objects.open().exclude(pk=row.pk).exclude(scope=RemovalScope.MEMBER)
    waits = other.filter(Q(due_at__gt=row.due_at) | Q(due_at=row.due_at, pk__gt=row.pk))
    connections = Installation.objects.filter(organization=organization)
    alive = connections.exclude(state__in=GONE_STATES)
    return alive.exists() or waits.filter(organization=organization).exists()


def _retire(organization_id: UUID, at: datetime) -> list[str]:
    """Free the organization's name, destroy its data keys and return their ids."""
    Organization.objects.filter(pk=organization_id).update(
        ovice_id=f"{CARCASS}{organization_id}", name="", removed_at=at
    )
    keys = DataKey.objects.filter(organization_id=organization_id)
    keys.filter(destroyed_at=None).update(wrapped=None, destroyed_at=at)
    return [str(pk) for pk in keys.order_by("pk").values_list("pk", flat=True)]


def _users(subject: Subject) -> list[str]:
    """Ask who goes with the subject, now: later nobody can tell whose users they were."""
    return sorted(str(key) for each in hooks() for key in each.users_of(subject))


def _parts(removal: Removal) -> Iterator[QuerySet[Any]]:
    """Yield what goes, in the order in which it can; each table is looked into at its turn."""
    for table in tables():
        yield from table.parts(subject_of(removal))


def _counts(subject: Subject) -> Iterator[tuple[Table, int]]:
    for table in tables():
        yield table, table.count(subject)
