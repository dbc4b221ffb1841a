"""Pipeline: several statements in one round trip to the database, for the hottest paths.

On PostgreSQL they become one: each is a part of a ``WITH``. Every part sees the tables as they were
before the whole, so no part may depend on what another one writes, and no two may write the same
row. It runs them, and so locks their rows, in the order in which their counts are asked for, which
is that of the parts. Elsewhere they run one after another in a transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from django.db import connection, models, transaction

from core.db.cursor import adapted_all, planned_cursor

_PLAIN = frozenset(
    {
        models.CharField,
        models.UUIDField,
        models.DateTimeField,
        models.DurationField,
        models.PositiveBigIntegerField,
        models.PositiveSmallIntegerField,
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One ``INSERT`` or ``UPDATE`` with its parameters."""

    sql: str
    params: Sequence[Any]


def insertion(*rows: models.Model) -> Statement:
    """Return the statement that inserts ``rows``, which are all of one model.

    A row's id is made by us, so that no column has to be read back.
    """
    columns = columns_of(type(rows[0]))
    holes = f"({columns.holes})"
    params = [value for row in rows for value in columns.values(row)]
    return Statement(f"{columns.head} VALUES {', '.join([holes] * len(rows))}", params)


@dataclass(frozen=True, slots=True)
class Columns:
    """A model's columns as its ``INSERT`` names them, and how a row's values are had."""

    # The table and its columns.
    into: str
    head: str
    holes: str
    _plain: Callable[[models.Model], Sequence[Any]]
    # Where the database stores another form of the value.
    _others: Sequence[tuple[int, Any]]

    def values(self, row: models.Model) -> Sequence[Any]:
        """Return a row's values in the form in which the database stores them."""
        found = [*self._plain(row)]
        for place, field in self._others:
            found[place] = field.get_db_prep_save(field.pre_save(row, add=True), connection)
        return found


def columns_of(model: type[models.Model]) -> Columns:
    """Return what never changes about inserting a row of ``model``."""
    return _columns(model, connection.vendor)


@cache
def _columns(model: type[models.Model], vendor: str) -> Columns:
    quoted, about = connection.ops.quote_name, model._meta  # noqa: SLF001 - Django's public API
    fields = about.concrete_fields
    names = ", ".join(quoted(field.column or "") for field in fields)
    into = f"{quoted(about.db_table)} ({names})"
    return Columns(
        into,
        f"INSERT INTO {into}",
        ", ".join(["%s"] * len(fields)),
        attrgetter(*(field.attname for field in fields)),
        [(n, field) for n, field in enumerate(fields) if not _is_plain(field, vendor)],
    )


def _is_plain(field: Any, vendor: str) -> bool:
    """Return whether a value goes to the database as it stands in Python; most do to PostgreSQL."""
    kind = type(field.target_field if field.is_relation else field)
    stamped = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return vendor == "postgresql" and kind in _PLAIN and not stamped


def insert_many(rows: Sequence[models.Model]) -> None:
    """Insert ``rows``, which are all of one model; the caller holds the transaction."""
    if rows and connection.vendor == "postgresql":
        columns = columns_of(type(rows[0]))
        copy_in(columns.into, map(columns.values, rows))
    elif rows:
        type(rows[0])._base_manager.bulk_create(rows)  # noqa: SLF001 - Django's public API


def copy_in(into: str, rows: Iterable[Sequence[Any]]) -> None:
    """Copy ``rows`` into a table of PostgreSQL's, named with its columns.

    That takes a fraction of a statement with a parameter for each value. Errors are Django's.
    """
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {into} FROM STDIN") as copying,
    ):
        for row in rows:
            copying.write_row(row)


def execute_together(statements: Sequence[Statement]) -> list[int]:
    """Execute all or none of ``statements``; return how many rows each has written."""
    if connection.vendor == "postgresql":
        return _as_one(statements)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        return [_run(cursor, statement) for statement in statements]


def _as_one(statements: Sequence[Statement]) -> list[int]:
    if len(statements) == 1:
        with planned_cursor() as cursor:
            return [_run(cursor, statements[0])]
    params = [value for statement in statements for value in statement.params]
    with planned_cursor() as cursor:
        cursor.execute(_joined(tuple(statement.sql for statement in statements)), params)
        return [int(count) for count in cursor.fetchone() or ()]


# Few are ever joined, and the same again for each DM.
@lru_cache(maxsize=64)
def _joined(parts: tuple[str, ...]) -> str:
    named = ", ".join(f"part{n} AS ({part} RETURNING 1)" for n, part in enumerate(parts))
    counts = ", ".join(f"(SELECT count(*) FROM part{n})" for n in range(len(parts)))  # noqa: S608 - a number
    return f"WITH {named} SELECT {counts}"


def _run(cursor: Any, statement: Statement) -> int:
    cursor.execute(statement.sql, adapted_all(statement.params))
    return int(cursor.rowcount)
