"""Bulk delete that holds nobody up: short transactions, and a rest after each."""

import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

# One batch should take about so long: other tenants never wait longer for a lock, or for a disk.
_TARGET_SECONDS = 0.02
# How long nothing is deleted after a batch: so many times what it took.
_REST = 3.0
FIRST, _SMALLEST, _LARGEST = 500, 250, 2_000
# So many keys are read at once: a question for each batch's would cost a tenth of the whole.
_KEYS = 10_000


class Pace:
    """How many rows to take at once, learned from how long the last batch took."""

    def __init__(self) -> None:
        self.size = FIRST
        self._seconds = 0.0

    def learn(self, deleted: int, seconds: float) -> None:
        """Note a batch; a fast one doubles the next, a slow one halves it."""
        self._seconds = seconds
        if seconds > _TARGET_SECONDS:
            self.size = max(_SMALLEST, self.size // 2)
        elif seconds < _TARGET_SECONDS / 2 and deleted == self.size:
            self.size = min(_LARGEST, self.size * 2)

    def rest(self) -> None:
        """Leave the database to others for a share of the time it was used."""
        time.sleep(self._seconds * _REST)


def delete_in_batches(rows: QuerySet[Any], pace: Pace) -> Iterator[int]:
    """Delete ``rows`` in the order of their keys, and yield after each batch how many they were.

    A batch is all between two keys, so that no list of keys goes back. Going on from the last one
    spares a look at what was deleted before, which the database still has to step over. Rows that
    others point to must be gone: no cascade is followed, and none would be bounded.
    """
    rest = rows.order_by("pk")
    while keys := list(rest.values_list("pk", flat=True)[:_KEYS]):
        done = 0
        while done < len(keys):
            done = min(done + pace.size, len(keys))
            started = time.monotonic()
            deleted = _delete(rest.filter(pk__lte=keys[done - 1]))
            pace.learn(deleted, time.monotonic() - started)
            if deleted:
                yield deleted
            rest = rows.order_by("pk").filter(pk__gt=keys[done - 1])


def _delete(batch: QuerySet[Any]) -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # The disk need not be waited for: rows that a crash brings back are found again, and
            # the record that all is gone is written down after all this.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
        # The public delete() loads every row to look for others that point to it.
        deleted: int = batch.order_by()._raw_delete(batch.db)  # noqa: SLF001 - no public way
    return deleted
