"""Prepared statements for the questions of every DM: their SQL is made once, only values change.

Building a query with the ORM takes several times as long as PostgreSQL takes to answer it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from core.db.cursor import adapted, adapted_all, planned_cursor, with_constants

_M = TypeVar("_M", bound=Model)

# The stubs know another version's.
_related_populators: Any = get_related_populators


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
        sql, params = with_constants(sql, params, is_open=lambda each: isinstance(each, _Hole))
        return sql, params, compiler.get_converters(columns)


def _converted(rows: Sequence[tuple[Any, ...]], converters: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        values = list(row)
        for position, (functions, expression) in converters.items():
            for convert in functions:
                values[position] = convert(values[position], expression, connection)
        yield tuple(values)


class PreparedModels(Generic[_M]):
    """A query for rows of a model, with ``select_related`` and annotations where it has them.

    ``ask`` builds it once, from ``examples``: values, by keyword, that occur nowhere else in the
    query. Where they stand, the values of each asking are filled in. ``first`` is a ``WITH`` that
    stands before it, where the database can do that.
    """

    def __init__(
        self, ask: Callable[..., QuerySet[_M]], *, first: str = "", **examples: Any
    ) -> None:
        self._ask = ask
        self._first = first
        self._examples = examples
        self._made: tuple[str, tuple[Any, ...], _Shape] | None = None

    def fetch(self, *first: Any, **values: Any) -> list[_M]:
        """Ask, and return the instances; ``first`` fills in what stands before the query."""
        if self._made is None:
            self._made = self._make()
        sql, params, shape = self._made
        filled = [values[param.name] if isinstance(param, _Place) else param for param in params]
        with planned_cursor() as cursor:
            cursor.execute(sql, adapted_all([*first, *filled]))
            rows = cursor.fetchall()
        return list(shape.instances(rows))

    def _make(self) -> "tuple[str, tuple[Any, ...], _Shape]":
        compiler = self._ask(**self._examples).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql(with_col_aliases=False)
        places = {adapted(value): _Place(name) for name, value in self._examples.items()}
        filled = [places.get(param, param) for param in params]
        sql, open_ = with_constants(sql, filled, is_open=lambda each: isinstance(each, _Place))
        return f"{self._first}{sql}", open_, _Shape(compiler)


class _Place:
    """Stands in a query for the value of this name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _Shape:
    """How the ORM would build instances of the rows of a query that it has compiled."""

    def __init__(self, compiler: Any) -> None:
        about, columns = compiler.klass_info, compiler.select
        start, *_, last = about["select_fields"]
        self._model, self._own = about["model"], slice(start, last + 1)
        self._names = [column[0].target.attname for column in columns[self._own]]
        self._related = _related_populators(about, columns, connection.alias)
        self._annotations = compiler.annotation_col_map
        self._converters = compiler.get_converters([column for column, _, _ in columns])

    def instances(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """Build them."""
        for row in _converted(rows, self._converters):
            found = self._model.from_db(connection.alias, self._names, row[self._own])
            for populator in self._related:
                populator.populate(row, found)
            for name, position in self._annotations.items():
                setattr(found, name, row[position])
            yield found
