"""A cursor for the relay's hottest statements, which PostgreSQL then plans once per connection.

Planning them anew each time takes it longer than running them. The ORM's own cursors never prepare
a statement, since not all of its SQL can be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper


@contextmanager
def planned_cursor() -> Iterator[CursorWrapper]:
    """Open a cursor; elsewhere than on PostgreSQL it is an ordinary one.

    So it is where queries are logged: Django can show only those that go out with their values.
    """
    if connection.vendor != "postgresql" or connection.queries_logged:
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    usual, raw.cursor_factory = raw.cursor_factory, _server_binding()
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        raw.cursor_factory = usual


def _server_binding() -> type:
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
