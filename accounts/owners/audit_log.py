"""Audit log: changes by anybody, looks by staff; without secrets, sealed texts and addresses.

Only the named fields are recorded; a new column is not until somebody lists it here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast
from uuid import UUID

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.admin.models import LogEntry as AdminEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from accounts.models import Ownership, User
from accounts.owners.roles import STAFF, SiteRole, Visitor, role_of
from integrations.models import Installation, Organization
from integrations.models.audited import acting_role

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
    """A row that belongs to one organization, or, as a removal in the end, to none any more."""

    @property
    def pk(self) -> Any: ...

    @property
    def organization_id(self) -> UUID | None: ...


def record(row: Tenant, what: str) -> None:
    """Note that somebody did something to ``row`` that no column of it shows.

    ``what`` is a fixed word such as ``token_tried``; who did it, the log finds out by itself.
    """
    LogEntry.objects.log_create(
        row,
        action=LogEntry.Action.UPDATE,
        changes={"done": ["", what]},
        additional_data=_belonging(row.organization_id),
    )


def record_all(rows: Iterable[Tenant], what: str, user: Visitor) -> None:
    """Note that ``user`` did the same to many rows, in one statement."""
    _write(rows, LogEntry.Action.UPDATE, "done", what, user)


def record_look(user: Visitor, what: str, *rows: Tenant) -> None:
    """Note that staff looked at ``rows``, for the owners to see; owners may look at their own.

    ``what`` is a fixed word for the page they looked on. Rows of nobody's are not noted.
    """
    if role_of(user) in STAFF:
        seen = [row for row in rows if row.organization_id is not None]
        _write(seen, LogEntry.Action.ACCESS, "looked", what, user)


def _write(rows: Iterable[Tenant], action: int, verb: str, what: str, user: Visitor) -> None:
    entries = [
        LogEntry(
            content_type=ContentType.objects.get_for_model(cast("Model", row)),
            object_pk=str(row.pk),
            object_repr=str(row),
            action=action,
            changes={verb: ["", what]},
            additional_data=_belonging(row.organization_id),
            actor=user if isinstance(user, User) else None,
        )
        for row in rows
    ]
    LogEntry.objects.bulk_create(entries, batch_size=500)


def _belonging(organization_id: UUID | None) -> dict[str, str]:
    role = acting_role.get()()
    return {"role": role} | ({"organization": str(organization_id)} if organization_id else {})


def role_of_entry(entry: LogEntry) -> SiteRole | None:
    """Return as what somebody did what an entry tells; None for the program itself.

    Entries from before that was noted are told by what their actor is today.
    """
    if role := (entry.additional_data or {}).get("role"):
        return SiteRole(role)
    if entry.actor is None:
        return None
    if entry.actor.is_superuser:
        return SiteRole.ADMINISTRATOR
    return SiteRole.SUPPORT if entry.actor.is_staff else SiteRole.OWNER


def forget_actors(users: Iterable[UUID], *, except_in: UUID | None) -> None:
    """Keep what users did in organizations other than this one, but not that it was they."""
    elsewhere = LogEntry.objects.filter(actor__in=list(users)).exclude(
        Q(additional_data__organization=str(except_in))
        | Q(additional_data__organization__isnull=True)
    )
    elsewhere.update(actor=None, actor_email=None, remote_addr=None)


def forget_history(users: Iterable[UUID]) -> None:
    """Delete what is known of users, and what they did for no organization in particular.

    An act for a customer stays, but not that it was they: it is that customer's history.
    """
    keys = list(users)
    forget_actors(keys, except_in=None)
    named = [str(key) for key in keys]
    kind = ContentType.objects.get_for_model(User)
    about = Q(content_type=kind, object_pk__in=named)
    LogEntry.objects.filter(about | Q(actor__in=keys)).delete()
    AdminEntry.objects.filter(content_type=kind, object_id__in=named).delete()


def entries_of(model: type[Model], pk: str) -> "QuerySet[LogEntry, Any]":
    """Return what was recorded of one row, the newest first."""
    entries: QuerySet[LogEntry, Any] = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_pk=pk
    ).select_related("actor")
    return entries
