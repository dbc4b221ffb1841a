"""Deleting what has grown old, and telling an owner what is stored and until when."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet, UUIDField
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.batches import Pace, delete_in_batches
from integrations.ledger import RemovalScope
from integrations.metrics import PURGED_ROWS
from integrations.models import Organization
from integrations.moments import earliest_id
from integrations.tables import Aged, Subject, aged, tables


def purge_aged(*, seconds: float) -> dict[str, int]:
    """Delete rows older than ``settings.RETENTION``, in batches, for about so long.

    Returns how many rows of each table went.
    """
    end = time.monotonic() + seconds
    gone: dict[str, int] = {}
    pace = Pace()
    for entry in aged():
        for deleted in delete_in_batches(old_rows(entry, now()), pace):
            gone[entry.model] = gone.get(entry.model, 0) + deleted
            PURGED_ROWS.labels("age").inc(deleted)
            pace.rest()
            if time.monotonic() >= end:
                return gone
    return gone


def old_rows(entry: Aged, at: datetime) -> QuerySet[Any]:
    """Return the rows of a table that are too old at this moment."""
    model = apps.get_model(entry.model)
    limit = at - settings.RETENTION[entry.model]
    old = Q(**{f"{entry.since}__lte": limit}) & ~entry.unless
    if isinstance(model._meta.pk, UUIDField):  # noqa: SLF001 - Django's public API
        # Narrowed down by the primary key's index.
        old &= Q(pk__lt=earliest_id(limit + timedelta(milliseconds=1)))
    rows: QuerySet[Any] = model._base_manager.all()  # noqa: SLF001 - Django's public API
    return rows.filter(old)


@dataclass(frozen=True, slots=True)
class Stored:
    """One line of what is stored of an organization: in words, how many, and until when."""

    what: str
    rows: int
    until: str


def what_is_stored(organization: Organization) -> list[Stored]:
    """Return what is stored of an organization and until when, in the active language."""
    subject = Subject(RemovalScope.ORGANIZATION, organization.pk)
    counts = {table.model: table.rows(subject).count() for table in tables()}

    def line(what: str, models: Iterable[str], until: str) -> Stored:
        return Stored(what, sum(counts[model] for model in models), until)

    return [
        Stored(
            _("Texts of direct messages, encrypted"),
            _with_text(subject),
            _until_settled(organization),
        ),
        line(
            _("Deliveries: when each message went out and how it ended, without its text"),
            ("messaging.Message", "messaging.Delivery", "messaging.Attempt"),
            _kept("messaging.Delivery"),
        ),
        line(
            _("Identifiers of received events, so that none works twice"),
            ("messaging.ReceivedEvent", "messaging.ReceivedUpdate"),
            _kept("messaging.ReceivedEvent"),
        ),
        line(
            _("Members: names and e-mail addresses, encrypted"),
            ("accounts.Member",),
            _("until ovice says that the person has left"),
        ),
        line(
            _("Links to chat accounts, and members' own choices"),
            ("accounts.Link", "accounts.Choices"),
            _("until the link ends; then %(period)s") % {"period": _kept("accounts.Link")},
        ),
        line(
            _("Connections, with the access token encrypted"),
            ("integrations.Installation",),
            _("until you disconnect: the token is destroyed at once, the rest within %(period)s")
            % {"period": _days(settings.REMOVAL_GRACE.days)},
        ),
        line(
            _("History of changes, and of what staff looked at"),
            ("auditlog.LogEntry", "admin.LogEntry"),
            _kept("auditlog.LogEntry"),
        ),
    ]


def _with_text(subject: Subject) -> int:
    messages = next(table for table in tables() if table.model == "messaging.Message")
    return messages.rows(subject).exclude(content_sealed=None).count()


def _until_settled(organization: Organization) -> str:
    hours = round(organization.expire_after.total_seconds() / 3600)
    longest = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return _("until delivered, or at most %(period)s") % {"period": longest}


def _kept(model: str) -> str:
    return _days(settings.RETENTION[model].days)


def _days(days: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
