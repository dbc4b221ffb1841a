"""Rows of Django's and other packages' tables that hold data of customers.

They name rows of ours by ids without a foreign key, so they are searched while what they name is
still there: this app stands first in ``INSTALLED_APPS``.
"""

from collections.abc import Iterator
from typing import Any

from auditlog.models import LogEntry as Change
from django.contrib.admin.models import LogEntry as AdminEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q

from accounts.data_map import owners
from accounts.members.session import member_id_of
from accounts.models import Member, User
from integrations.models.removal import RemovalScope
from integrations.removal.data_map import Aged, Hooks, Subject, Table, tables

_CHUNK = 500


def _changes(subject: Subject) -> Q:
    """Entries of the history about the subject's rows, or written by its owners."""
    about = _about(Change.objects.all(), "object_pk", subject)
    if subject.scope == RemovalScope.ORGANIZATION:
        # Also about rows that are long gone.
        about |= Q(additional_data__organization=str(subject.organization_id))
    # An owner's acts elsewhere are that customer's history.
    return about | _acted(subject) & Q(additional_data__organization__isnull=True)


def _acted(subject: Subject) -> Q:
    return Q(actor__in=User.objects.filter(owners(subject)))


def _admin_entries(subject: Subject) -> Q:
    """Entries of Django's own log about the subject's rows, or written by its owners."""
    about = _about(AdminEntry.objects.all(), "object_id", subject)
    return about | Q(user__in=User.objects.filter(owners(subject)))


def _about(log: Any, column: str, subject: Subject) -> Q:
    """Return the condition for entries whose ``column`` names a row of the subject."""
    condition = Q(pk__in=[])
    listed = {table.model.lower(): table for table in tables() if table.model not in _LOGS}
    for kind in ContentType.objects.filter(pk__in=log.order_by().values("content_type")):
        table = listed.get(f"{kind.app_label}.{kind.model}")
        if table is None:
            continue
        entries = log.filter(content_type=kind).order_by()
        named = list(entries.values_list(column, flat=True).distinct())
        found = [str(pk) for pk in _of_subject(table, subject, named)]
        if found:
            condition |= Q(content_type=kind, **{f"{column}__in": found})
    return condition


def _of_subject(table: Table, subject: Subject, keys: list[str]) -> Iterator[Any]:
    """Yield those of ``keys`` that are the subject's rows, asked for in chunks."""
    rows = table.rows(subject).order_by()
    for start in range(0, len(keys), _CHUNK):
        yield from rows.filter(pk__in=keys[start : start + _CHUNK]).values_list("pk", flat=True)


def _sessions(subject: Subject) -> Q:
    """Sessions of the subject's members and owners; what they hold can only be read one by one."""
    visitors: dict[str, list[str]] = {}
    users: dict[str, list[str]] = {}
    for session in Session.objects.order_by().iterator():
        kept = session.get_decoded()
        if member := member_id_of(kept):
            visitors.setdefault(member, []).append(session.pk)
        if user := kept.get("_auth_user_id"):
            users.setdefault(user, []).append(session.pk)
    found = [
        *_named(visitors, Member.objects.filter(pk__in=_members(subject))),
        *_named(users, User.objects.filter(owners(subject))),
    ]
    return Q(pk__in=found)


def _members(subject: Subject) -> Any:
    table = next(table for table in tables() if table.model == "accounts.Member")
    return table.rows(subject).values("pk")


def _named(sessions: dict[str, list[str]], people: Any) -> Iterator[str]:
    """Yield the sessions of those who are among ``people``."""
    keys = list(sessions)
    for start in range(0, len(keys), _CHUNK):
        for pk in people.filter(pk__in=keys[start : start + _CHUNK]).values_list("pk", flat=True):
            yield from sessions[str(pk)]


TABLES = (
    Table("auditlog.LogEntry", _changes, _changes, _changes, naming=_acted),
    Table("admin.LogEntry", _admin_entries, _admin_entries, _admin_entries),
    Table("sessions.Session", _sessions, member=_sessions),
)
_LOGS = {table.model for table in TABLES}
_ROLES = "names of permissions and groups, and which staff have them; never a customer"
WITHOUT_CUSTOMERS = {
    "auth.Permission": _ROLES,
    "auth.Group": _ROLES,
    "auth.Group_permissions": _ROLES,
    "contenttypes.ContentType": "names of this program's own tables",
}
AGED = (
    Aged("auditlog.LogEntry", "timestamp"),
    Aged("admin.LogEntry", "action_time"),
    Aged("sessions.Session", "expire_date"),
)
HOOKS = Hooks()
