"""Deleting many rows without holding anybody up: short transactions, and a rest after each."""

import time
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

# One batch should take about so long: other tenants never wait longer for a lock, or for a disk.
_TARGET_SECONDS = 0.04
# The share of the time in which nothing is deleted.
_REST = 0.6
FIRST, _SMALLEST, _LARGEST = 500, 250, 2_000


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

    A batch is all between two keys, so that no list of keys goes to and fro. Going on from the last
    one spares a look at what was deleted before, which the database still has to step over. Rows
    that others point to must be gone: no cascade is followed, and none would be bounded.
    """
    rest = rows.order_by("pk")
    while True:
        started = time.monotonic()
        last = rest.values_list("pk", flat=True)[pace.size - 1 : pace.size].first()
        batch = rest if last is None else rest.filter(pk__lte=last)
        with transaction.atomic():
            # The public delete() loads every row to look for others that point to it.
            deleted: int = batch.order_by()._raw_delete(rows.db)  # noqa: SLF001 - no public way
        pace.learn(deleted, time.monotonic() - started)
        if deleted:
            yield deleted
        if last is None:
            return
        rest = rest.filter(pk__gt=last)
