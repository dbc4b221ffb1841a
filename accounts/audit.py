"""Who changed what: the audit log, without secrets, sealed texts and addresses.

Only the named fields are recorded; a new column is not until somebody lists it here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from accounts.models import Ownership, User
from integrations.models import Installation, Organization

RECORDED: Mapping[type[Model], tuple[str, ...]] = {
    Organization: (
        "copy_shows",
        "expire_after",
        "feature_enabled",
        "language",
        "paused_at",
        "removed_at",
        "unconfirmed_policy",
    ),
    Installation: (
        "attention_reason",
        "community_id",
        "community_name",
        "generation",
        "kind",
        "removed_at",
        "state",
        "target",
    ),
    User: ("is_active", "is_staff", "is_superuser"),
    Ownership: ("ground", "organization", "user"),
}


def register() -> None:
    """Let the audit log follow the models above."""
    for model, fields in RECORDED.items():
        auditlog.register(model, include_fields=list(fields))


class Tenant(Protocol):
    """A row that belongs to one organization."""

    organization_id: UUID


def record(row: Tenant, what: str) -> None:
    """Note that somebody did something to ``row`` that no column of it shows.

    ``what`` is a fixed word such as ``token_tried``; who did it, the log finds out by itself.
    """
    LogEntry.objects.log_create(
        row,
        action=LogEntry.Action.UPDATE,
        changes={"done": ["", what]},
        additional_data={"organization": str(row.organization_id)},
    )


def forget_actors(users: Iterable[UUID], *, except_in: UUID) -> None:
    """Keep what users did in organizations other than this one, but not that it was they."""
    elsewhere = LogEntry.objects.filter(actor__in=list(users)).exclude(
        Q(additional_data__organization=str(except_in))
        | Q(additional_data__organization__isnull=True)
    )
    elsewhere.update(actor=None, actor_email=None, remote_addr=None)


def entries_of(model: type[Model], pk: str) -> "QuerySet[LogEntry, Any]":
    """Return what was recorded of one row, the newest first."""
    entries: QuerySet[LogEntry, Any] = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_pk=pk
    ).select_related("actor")
    return entries
