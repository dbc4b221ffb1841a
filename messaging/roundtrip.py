"""Several statements in one round trip to the database, for the relay's hottest paths.

On PostgreSQL they become one: each is a part of a ``WITH``. Every part sees the tables as they were
before the whole, so no part may depend on what another one writes, and no two may write the same
row. Elsewhere they run one after another in a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.sql import InsertQuery


@dataclass(frozen=True, slots=True)
class Statement:
    """One ``INSERT`` or ``UPDATE`` with its parameters."""

    sql: str
    params: Sequence[Any]


def insertion(*rows: models.Model) -> Statement:
    """Return the statement that inserts ``rows``, which are all of one model."""
    query = InsertQuery(type(rows[0]))
    # A row's id is made by us, so that no column has to be read back.
    query.insert_values(query.get_meta().concrete_fields, list(rows))
    ((sql, params),) = query.get_compiler(connection=connection).as_sql()
    return Statement(sql, params)


def execute_together(statements: Sequence[Statement]) -> list[int]:
    """Execute all or none of ``statements``; return how many rows each has written."""
    if connection.vendor == "postgresql":
        return _as_one(statements)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        return [_run(cursor, statement) for statement in statements]


def _as_one(statements: Sequence[Statement]) -> list[int]:
    if len(statements) == 1:
        with connection.cursor() as cursor:
            return [_run(cursor, statements[0])]
    parts = ", ".join(f"part{n} AS ({s.sql} RETURNING 1)" for n, s in enumerate(statements))
    counts = ", ".join(f"(SELECT count(*) FROM part{n})" for n in range(len(statements)))  # noqa: S608 - a number
    params = [value for statement in statements for value in statement.params]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {parts} SELECT {counts}", params)
        return [int(count) for count in cursor.fetchone() or ()]


def _run(cursor: Any, statement: Statement) -> int:
    cursor.execute(statement.sql, [adapted(value) for value in statement.params])
    return int(cursor.rowcount)


def adapted(value: object) -> Any:
    """Return ``value`` in the form in which this database stores it."""
    if connection.vendor == "postgresql":
        return value
    match value:
        case UUID():
            return value.hex
        case datetime():
            return connection.ops.adapt_datetimefield_value(value)
        case timedelta():
            return value // timedelta(microseconds=1)
        case _:
            return value
