"""Rewrap of everything that master keys protect under the newest of them, while the relay runs.

A row is changed only if it still holds what was read, so whoever writes at the same moment wins.
Rows under the newest key are passed over: an interrupted run is simply started again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.db.models import Model

from integrations.encryption import master_keys
from integrations.encryption.fields import Secret, TenantRow, sealed_attributes
from integrations.models import DataKey


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ciphertext, and the place to which each of its values is bound."""

    model: type[Model]
    name: str
    place: Callable[[Any], tuple[str, ...]]

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"  # noqa: SLF001 - Django's public API


@dataclass(frozen=True, slots=True)
class Count:
    """How far one column is: values found under an older key, and those re-wrapped."""

    stale: int
    rewrapped: int


def wrapped_columns() -> list[Column]:
    """Return every column whose values are under master keys."""
    secrets = [
        Column(model, secret.column, cast("Secret", secret).place)
        for model in apps.get_models()
        for secret in sealed_attributes(model, Secret).values()
    ]
    return [Column(DataKey, "wrapped", DataKey.place), *secrets]


def rotate(column: Column, *, dry_run: bool = False) -> Iterator[Count]:
    """Re-wrap a column's values one by one; yield after each that was under an older key.

    Raises ``KeyMissingError`` for a value whose key is not in ``ENCRYPTION_KEYS``.
    """
    stale = rewrapped = 0
    for row in _rows(column):
        sealed = bytes(getattr(row, column.name))
        if master_keys.is_newest(sealed):
            continue
        stale += 1
        rewrapped += 0 if dry_run else _rewrap(column, row, sealed)
        yield Count(stale, rewrapped)


def count_by_key() -> Counter[str]:
    """Return how many columns' values each master key protects, by its id in hexadecimal."""
    return Counter(
        master_keys.key_id_of(bytes(getattr(row, column.name))).hex()
        for column in wrapped_columns()
        for row in _rows(column)
    )


def _rows(column: Column) -> Iterator[TenantRow]:
    rows = column.model._base_manager.exclude(**{column.name: None})  # noqa: SLF001 - public API
    return cast("Iterator[TenantRow]", rows.order_by("pk").iterator(chunk_size=500))


def _rewrap(column: Column, row: TenantRow, sealed: bytes) -> int:
    """Change one value unless somebody else has changed it; return how many it were."""
    place = column.place(row)
    fresh = master_keys.seal(master_keys.unseal(sealed, place=place), place=place)
    unchanged = column.model._base_manager.filter(  # noqa: SLF001 - Django's public API
        pk=row.pk, **{column.name: sealed}
    )
    return unchanged.update(**{column.name: fresh})
