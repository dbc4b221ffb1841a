"""A cursor for the relay's hottest statements, which PostgreSQL then plans once per connection.

Planning them anew each time takes it longer than running them. The ORM's own cursors never prepare
a statement, since not all of its SQL can be.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection


@contextmanager
def planned_cursor() -> Iterator[Any]:
    """Open a cursor; elsewhere than on PostgreSQL it is an ordinary one.

    So it is where queries are logged or wrapped: Django can show only those that go out with their
    values. Errors are Django's in any case.
    """
    if (
        connection.vendor != "postgresql"
        or connection.queries_logged
        or connection.execute_wrappers
    ):
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    # Django's own way to a cursor costs as much as what is asked with it.
    with connection.wrap_database_errors, _server_binding()(connection.connection) as cursor:
        yield cursor


@cache
def _server_binding() -> Any:
    # Only there where the driver is installed, which SQLite can do without.
    from django.db.backends.postgresql.base import ServerBindingCursor  # noqa: PLC0415 - see above

    return ServerBindingCursor


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


def adapted_all(values: Iterable[object]) -> list[Any]:
    """Return each of ``values`` as ``adapted`` does; PostgreSQL is asked about once for all."""
    return [*values] if connection.vendor == "postgresql" else [adapted(each) for each in values]


def with_constants(
    sql: str, params: Sequence[Any], *, is_open: Callable[[Any], bool]
) -> tuple[str, tuple[Any, ...]]:
    """Write into ``sql`` those ``params`` that are the same each time, on PostgreSQL.

    A statement that is planned once must name the states of a partial index to use it.
    """
    if connection.vendor != "postgresql":
        return sql, tuple(params)
    places = ("%s" if is_open(param) else _literal(param).replace("%", "%%") for param in params)
    first, *others = sql.split("%s")
    filled = first + "".join(place + text for place, text in zip(places, others, strict=True))
    return filled, tuple(param for param in params if is_open(param))


def _literal(value: object) -> str:
    # Only there where the driver is installed.
    from psycopg import sql  # noqa: PLC0415 - as above

    connection.ensure_connection()
    return sql.Literal(value).as_string(connection.connection)
