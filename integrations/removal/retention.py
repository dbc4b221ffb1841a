"""Retention: rows that have grown old are deleted."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db.models import Model, Q, QuerySet, UUIDField
from django.utils.timezone import now
from redis.exceptions import RedisError

from core.db.bulk_delete import Pace, delete_in_batches
from core.ids import earliest_id
from core.liveness import Pulse
from core.metrics import PURGED_ROWS
from core.queue import hint
from integrations.removal.data_map import Aged, aged

PURGE_AGED = "integrations.tasks.purge_aged"
_TURN = "retention-turn"
# Marked whenever nothing was left of what had grown too old.
caught_up = Pulse("retention-caught-up-at")


@dataclass(slots=True)
class Turn:
    """Deletions of one turn: rows by table, and whether it left any for the next one."""

    gone: dict[str, int] = field(default_factory=dict)
    is_left: bool = False


def keep_up() -> None:
    """Take one turn, and ask for the next one at once while there is something left.

    One at a time: of two that are asked for, as by beat while another goes on, the later ends here.
    """
    seconds = settings.PURGE_TIME_SLICE.total_seconds()
    if not _begin_turn(seconds):
        return
    try:
        turn = purge_aged(seconds=seconds)
    finally:
        _end_turn()
    if turn.is_left:
        hint(PURGE_AGED, expires=timedelta(hours=1))


def _begin_turn(seconds: float) -> bool:
    """Return whether nobody else is at it; who dies at it is waited for no longer than a turn."""
    try:
        return bool(cache.add(_TURN, 1, timeout=max(1.0, 2 * seconds)))
    except (RedisError, OSError):
        # Two at once only share the work.
        return True


def _end_turn() -> None:
    try:
        cache.delete(_TURN)
    except (RedisError, OSError):
        return


def purge_aged(*, seconds: float) -> Turn:
    """Delete rows older than ``settings.RETENTION``, in batches, for about so long."""
    end = time.monotonic() + seconds
    turn, at = Turn(), now()
    # Rows that were pointed to a moment ago are found in another round.
    while found := _round(at, end):
        for model, deleted in found.items():
            turn.gone[model] = turn.gone.get(model, 0) + deleted
        if time.monotonic() >= end:
            turn.is_left = True
            return turn
    caught_up.mark()
    return turn


def _round(at: datetime, end: float) -> dict[str, int]:
    """Delete a batch of each table in turn, so that no large one keeps the others waiting.

    Goes on until none of them finds any more, or until ``end``. Returns how many rows went.
    """
    gone: dict[str, int] = {}
    pace = Pace()
    waiting = [(entry.model, delete_in_batches(old_rows(entry, at), pace)) for entry in aged()]
    while waiting:
        again: list[tuple[str, Iterator[int]]] = []
        for model, batches in waiting:
            deleted = next(batches, 0)
            if not deleted:
                continue
            again.append((model, batches))
            gone[model] = gone.get(model, 0) + deleted
            PURGED_ROWS.labels("age").inc(deleted)
            pace.rest()
        if time.monotonic() >= end:
            return gone
        waiting = again
    return gone


def old_rows(entry: Aged, at: datetime) -> QuerySet[Any]:
    """Return the rows of a table that are too old at this moment."""
    return _grown_old(entry, at).filter(~entry.unless)


def overdue(entry: Aged, at: datetime) -> timedelta:
    """Return for how long the oldest row should have been gone, whatever still points to it.

    One look at the beginning of the primary key, for tables whose rows are settled soon after they
    were made; where old rows may be in use, all of these would be looked at.
    """
    oldest = _grown_old(entry, at).order_by("pk").values_list(entry.since, flat=True).first()
    return at - settings.RETENTION[entry.model] - oldest if oldest else timedelta(0)


def _grown_old(entry: Aged, at: datetime) -> QuerySet[Any]:
    model = apps.get_model(entry.model)
    limit = at - settings.RETENTION[entry.model]
    old = Q(**{f"{entry.since}__lte": limit})
    if isinstance(model._meta.pk, UUIDField) and not _is_indexed(model, entry.since):  # noqa: SLF001 - Django's public API
        # Narrowed down by the primary key's index.
        old &= Q(pk__lt=earliest_id(limit + timedelta(milliseconds=1)))
    rows: QuerySet[Any] = model._base_manager.all()  # noqa: SLF001 - Django's public API
    return rows.filter(old)


def _is_indexed(model: type[Model], since: str) -> bool:
    """Tell whether rows are found by their time itself: keys of such a table may be by chance."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django's public API
    return any(each.name == since and getattr(each, "db_index", False) for each in fields)
