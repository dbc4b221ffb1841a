"""Questions that are asked for every DM: their SQL is made once, only its values change.

Building a query with the ORM takes several times as long as PostgreSQL takes to answer it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from messaging.planned import planned_cursor


class _Hole(str):
    """Stands in a query for a text that is filled in when it is asked."""

    __slots__ = ()


class Prepared:
    """A query for tuples (``values_list``) whose conditions compare columns with texts.

    ``ask`` builds it from those texts, given by keyword. With ``lock``, the rows of that one model
    stay locked until the end of the transaction, where the database can do that.
    """

    def __init__(
        self, ask: Callable[..., QuerySet[Any, Any]], *, lock: type[Model] | None = None
    ) -> None:
        self._ask = ask
        self._lock = lock
        self._made: tuple[str, tuple[Any, ...], Any] | None = None

    def rows(self, **values: str) -> list[tuple[Any, ...]]:
        """Ask, and return the rows in Python's types."""
        if self._made is None:
            self._made = self._make({name: _Hole(name) for name in values})
        sql, params, converters = self._made
        filled = [values[param] if isinstance(param, _Hole) else param for param in params]
        with planned_cursor() as cursor:
            cursor.execute(sql, filled)
            rows = cursor.fetchall()
        return list(_converted(rows, converters)) if converters else rows

    def _make(self, holes: dict[str, _Hole]) -> tuple[str, tuple[Any, ...], Any]:
        compiler = self._ask(**holes).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        if self._lock and connection.features.has_select_for_update:
            # The ORM can say which of several tables to lock only when it builds instances.
            table = connection.ops.quote_name(self._lock._meta.db_table)  # noqa: SLF001 - public
            sql += " " + connection.ops.for_update_sql(of=(table,), no_key=True)
        columns = [column for column, _, _ in compiler.select]
        return sql, params, compiler.get_converters(columns)


def _converted(rows: list[tuple[Any, ...]], converters: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        values = list(row)
        for position, (functions, expression) in converters.items():
            for convert in functions:
                values[position] = convert(values[position], expression, connection)
        yield tuple(values)
