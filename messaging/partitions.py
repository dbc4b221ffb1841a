"""Deliveries and their attempts in one table per week, on PostgreSQL: whole weeks are dropped.

An id begins with the time of its making, so the primary key itself tells the week, and stays the
only key that has to span all of them. That a message has one delivery per link is kept by an index
in each week: deliveries are made together with their message, never later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from messaging.models import OPEN_STATES, Attempt, Delivery, DeliveryState

WEEK = timedelta(days=7)
# Without a partition for its week no DM could be accepted; so far ahead they are made.
AHEAD = 5
# In the order in which rows can go: attempts point to deliveries.
TABLES = (Attempt._meta.db_table, Delivery._meta.db_table)  # noqa: SLF001 - Django's public API
_ONCE = {Delivery._meta.db_table: "message_id, link_id"}  # noqa: SLF001 - Django's public API
_LOCK_SECONDS = 3
_MILLISECONDS_SHIFT = 80
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)

_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisunique
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass
    AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid
        AND k.conrelid = i.indrelid)
"""
_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'f') ORDER BY contype DESC
"""
# Weeks that were taken out of their table, and not dropped, since something came between.
_STRAYS = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND NOT relispartition AND relnamespace = current_schema()::regnamespace
    AND relname ~ ('^' || %s || '([0-9]{8}|earlier)$')
ORDER BY relname
"""
_PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """One week of a table, or, with ``begin`` None, all that was there before the first week."""

    table: str
    name: str
    begin: datetime | None
    end: datetime
    half_detached: bool

    def may_go(self, at: datetime) -> bool:
        """Return whether all of it may be dropped: nothing is ever kept for longer than told.

        A week goes when its first row is old enough, what was there before when its last one is.
        """
        kept = settings.RETENTION[Delivery._meta.label]  # noqa: SLF001 - Django's public API
        return (self.begin or self.end) + kept <= at


def is_partitioned() -> bool:
    """Return whether the tables are partitioned; never on another database than PostgreSQL."""
    if connection.vendor != "postgresql":
        return False
    asked = "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass"
    return bool(_rows(asked, TABLES[0])[0][0])


def partition(at: datetime) -> None:
    """Turn the tables into partitioned ones; what is in them stays where it is.

    Afterwards nobody notices but who looks into PostgreSQL's catalogue. Both tables are locked
    while the attempts' references to deliveries are checked once. Raises ``OperationalError``, with
    nothing done, when a lock does not come within three seconds.
    """
    end = week_of(at + timedelta(days=1)) + WEEK
    for table in TABLES:
        # Checked while everything goes on, so that attaching it needs no look at any row.
        _run(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_earlier")
        limit = f"CHECK (id < '{first_id(end)}') NOT VALID"
        _run(f"ALTER TABLE {table} ADD CONSTRAINT {table}_earlier {limit}")
        _run(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_earlier")
    with transaction.atomic(), _short_locks():
        _run("SET CONSTRAINTS ALL IMMEDIATE")
        _run(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE")
        described = [_Described.of(table) for table in reversed(TABLES)]
        for each in described:
            each.let_go()
        for each in described:
            each.replace(end)
        make_ahead(at)
    learn()


def make_ahead(at: datetime) -> list[str]:
    """Make the partitions of this week and the next ones that are missing; return their names."""
    made = []
    for table in reversed(TABLES):
        there = partitions(table)
        for week in range(AHEAD + 1):
            start = week_of(at) + week * WEEK
            if not any((each.begin or start) <= start < each.end for each in there):
                made.append(_make(table, start))
    return made


def learn() -> None:
    """Let PostgreSQL count what is in the tables as wholes, which it never does by itself.

    Without that it takes them for empty or for huge, and plans accordingly.
    """
    for table in TABLES:
        _run(f"ANALYZE {table}")


def drop_old(at: datetime) -> list[str]:
    """Drop the partitions whose time is over; return their names.

    It must not be called in a transaction: others read and write meanwhile. A week with anything
    that is still needed stays until the next time.
    """
    attempts, deliveries = TABLES
    dropped = [_drop_table(name) for table in TABLES for (name,) in _rows(_STRAYS, f"{table}_")]
    for week in partitions(deliveries):
        if not week.may_go(at) or _is_needed(week, at):
            continue
        dropped += [_drop(each) for each in partitions(attempts) if each.end <= week.end]
        # Of calls that were made in a later week.
        first = first_id(week.begin) if week.begin else UUID(int=0)
        late = f"DELETE FROM {attempts} WHERE delivery_id >= %s AND delivery_id < %s"  # noqa: S608 - our own names
        _run(late, first, first_id(week.end))
        dropped.append(_drop(week))
    return dropped


def partitions(table: str) -> list[Partition]:
    """Return the partitions of a table, the oldest first."""
    rows = _rows(_PARTITIONS, table)
    found = [Partition(table, name, *_bounds(bound), pending) for name, bound, pending in rows]
    return sorted(found, key=lambda each: each.end)


def week_of(at: datetime) -> datetime:
    """Return the Monday, at midnight in UTC, on or before this moment."""
    return at - (at - _MONDAY) % WEEK


def first_id(at: datetime) -> UUID:
    """Return the smallest id that can be made at this moment."""
    return UUID(int=int(at.timestamp() * 1000) << _MILLISECONDS_SHIFT)


@dataclass(frozen=True, slots=True)
class _Described:
    """What stands on a table: indexes and constraints, by name and in PostgreSQL's words."""

    table: str
    indexes: list[tuple[str, str, bool]]
    constraints: list[tuple[str, str, str]]

    @classmethod
    def of(cls, table: str) -> "_Described":
        return cls(table, _rows(_INDEXES, table), _rows(_CONSTRAINTS, table))

    @property
    def earlier(self) -> str:
        return f"{self.table}_earlier"

    def let_go(self) -> None:
        """Give up the references that would follow the other table to its new name."""
        for name, definition, _kind in self.constraints:
            if f"REFERENCES {TABLES[1]}(" in definition:
                _run(f'ALTER TABLE {self.table} DROP CONSTRAINT "{name}"')

    def replace(self, end: datetime) -> None:
        """Put a partitioned table in its place; it becomes the first partition, up to ``end``."""
        table, earlier = self.table, self.earlier
        for name, *_ in self.indexes:
            _run(f'ALTER INDEX "{name}" RENAME TO "{name[:54]}_earlier"')
        for name, _definition, kind in self.constraints:
            if kind == "p":
                _run(f'ALTER TABLE {table} RENAME CONSTRAINT "{name}" TO "{name[:54]}_earlier"')
        _run(f"ALTER TABLE {table} RENAME TO {earlier}")
        _run(f"CREATE TABLE {table} (LIKE {earlier} INCLUDING DEFAULTS) PARTITION BY RANGE (id)")
        span = f"FROM (MINVALUE) TO ('{first_id(end)}')"
        _run(f"ALTER TABLE {table} ATTACH PARTITION {earlier} FOR VALUES {span}")
        _run(f"ALTER TABLE {earlier} DROP CONSTRAINT {earlier}")
        # PostgreSQL finds the partition's own ones and builds nothing anew.
        for name, definition, _kind in self.constraints:
            _run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for _name, definition, unique in self.indexes:
            if not unique:
                _run(definition)


def _make(table: str, start: datetime) -> str:
    name = f"{table}_{start:%Y%m%d}"
    span = f"FROM ('{first_id(start)}') TO ('{first_id(start + WEEK)}')"
    with transaction.atomic(), _short_locks():
        # Attached, since creating it as a partition would need the whole table for itself.
        _run(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)")
        if columns := _ONCE.get(table):
            _run(f"CREATE UNIQUE INDEX {name}_once ON {name} ({columns})")
        _run(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {span}")
    return name


def _drop(gone: Partition) -> str:
    how = "FINALIZE" if gone.half_detached else "CONCURRENTLY"
    with _short_locks():
        _run(f"ALTER TABLE {gone.table} DETACH PARTITION {gone.name} {how}")
    return _drop_table(gone.name)


def _drop_table(name: str) -> str:
    with _short_locks():
        _run(f"DROP TABLE {name}")
    return name


def _is_needed(week: Partition, at: datetime) -> bool:
    """Return whether anything in it waits, or could still be sent once more."""
    asked = f"SELECT EXISTS (SELECT 1 FROM {week.name} WHERE state = ANY(%s)), "  # noqa: S608 - our own names
    asked += f"EXISTS (SELECT 1 FROM {week.name} WHERE state = %s AND expires_at > %s)"  # noqa: S608 - our own names
    return any(_rows(asked, list(OPEN_STATES), DeliveryState.FAILED, at)[0])


def _bounds(text: str) -> tuple[datetime | None, datetime]:
    """Return what PostgreSQL says of a partition's ids, as times."""
    begin, end = text.split(" TO ")
    return (None if "MINVALUE" in begin else _time_in(begin), _time_in(end))


def _time_in(text: str) -> datetime:
    milliseconds = UUID(text.split("'")[1]).int >> _MILLISECONDS_SHIFT
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


@contextmanager
def _short_locks() -> Iterator[None]:
    """Wait a few seconds only for a lock: everybody who comes after would wait as well."""
    here = connection.in_atomic_block
    setting = "SELECT set_config('lock_timeout', %s, %s)"
    _run(setting, f"{_LOCK_SECONDS}s", here)
    try:
        yield
    finally:
        if not here:
            _run("RESET lock_timeout")


def _run(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


def _rows(statement: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
