"""Several statements in one round trip to the database, for the relay's hottest paths.

On PostgreSQL they become one: each is a part of a ``WITH``. Every part sees the tables as they were
before the whole, so no part may depend on what another one writes, and no two may write the same
row. Elsewhere they run one after another in a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, models, transaction

from messaging.planned import adapted, planned_cursor


@dataclass(frozen=True, slots=True)
class Statement:
    """One ``INSERT`` or ``UPDATE`` with its parameters."""

    sql: str
    params: Sequence[Any]


def insertion(*rows: models.Model) -> Statement:
    """Return the statement that inserts ``rows``, which are all of one model.

    A row's id is made by us, so that no column has to be read back.
    """
    fields, head = _insert_into(type(rows[0]), connection.vendor)
    holes = f"({', '.join(['%s'] * len(fields))})"
    params = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    return Statement(head + ", ".join([holes] * len(rows)), params)


@cache
def _insert_into(model: type[models.Model], _vendor: str) -> tuple[Sequence[Any], str]:
    """Return a model's columns and the beginning of its ``INSERT``, which never change."""
    quoted, about = connection.ops.quote_name, model._meta  # noqa: SLF001 - Django's public API
    columns = ", ".join(quoted(field.column or "") for field in about.concrete_fields)
    head = f"INSERT INTO {quoted(about.db_table)} ({columns}) VALUES "  # noqa: S608 - our names
    return about.concrete_fields, head


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
    parts = ", ".join(f"part{n} AS ({s.sql} RETURNING 1)" for n, s in enumerate(statements))
    counts = ", ".join(f"(SELECT count(*) FROM part{n})" for n in range(len(statements)))  # noqa: S608 - a number
    params = [value for statement in statements for value in statement.params]
    with planned_cursor() as cursor:
        cursor.execute(f"WITH {parts} SELECT {counts}", params)
        return [int(count) for count in cursor.fetchone() or ()]


def _run(cursor: Any, statement: Statement) -> int:
    cursor.execute(statement.sql, [adapted(value) for value in statement.params])
    return int(cursor.rowcount)
