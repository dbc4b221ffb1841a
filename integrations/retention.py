"""Deleting what has grown old."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model, Q, QuerySet, UUIDField
from django.utils.timezone import now

from integrations.batches import Pace, delete_in_batches
from integrations.metrics import PURGED_ROWS
from integrations.moments import earliest_id
from integrations.tables import Aged, aged


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
    if isinstance(model._meta.pk, UUIDField) and not _is_indexed(model, entry.since):  # noqa: SLF001 - Django's public API
        # Narrowed down by the primary key's index.
        old &= Q(pk__lt=earliest_id(limit + timedelta(milliseconds=1)))
    rows: QuerySet[Any] = model._base_manager.all()  # noqa: SLF001 - Django's public API
    return rows.filter(old)


def _is_indexed(model: type[Model], since: str) -> bool:
    """Tell whether rows are found by their time itself: keys of such a table may be by chance."""
    return any(field.name == since and field.db_index for field in model._meta.concrete_fields)  # noqa: SLF001 - Django's public API
