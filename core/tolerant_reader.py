"""Tolerant reader: what decides is read strictly, what merely decorates refuses nothing.

A field's type says by ``Meta(extra=...)`` what stands in for a value that it does not take: see
``decorates`` and ``mended``. A document that is right as it stands is read once and pays nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import structlog
from msgspec import Struct

from core.metrics import MENDED_FIELDS
from core.text import cut as cut_text

logger = structlog.stdlib.get_logger(__name__)

_T = TypeVar("_T")
_KEY = "instead"
_LEAP_SECOND = re.compile(r"(\d\d:\d\d):60(?=[.,Zz+-]|$)")


@dataclass(frozen=True, slots=True)
class _Instead:
    """Substitute for a value that a type does not take; ``optional``: or nothing at all."""

    mend: Callable[[object], object]
    optional: bool


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    hint: Any
    instead: _Instead | None
    inner: type[Struct] | None
    many: bool


def decorates(cut: int | None = None) -> dict[str, object]:
    """Return ``extra`` for a field that is dropped if it cannot be read.

    A text that is too long is cut to ``cut`` characters instead, in whole graphemes.
    """
    return {_KEY: _Instead(lambda value: _cut(value, cut), optional=True)}


def mended(mend: Callable[[object], object]) -> dict[str, object]:
    """Return ``extra`` for a field that decides: ``mend`` names what an unreadable value means."""
    return {_KEY: _Instead(mend, optional=False)}


def without_leap_second(value: object) -> object:
    """Return a time of a leap second as the second before it, which every calendar has."""
    return _LEAP_SECOND.sub(r"\1:59", value) if isinstance(value, str) else value


def read(document: object, schema: type[_T]) -> _T:
    """Return ``document`` as ``schema``, without what merely decorates and cannot be read.

    Dropped and mended values are counted and logged by the name of their field. Raises
    ``msgspec.ValidationError``, and nothing else, for what decides.
    """
    try:
        return convert(document, schema)
    except msgspec.ValidationError:
        pass
    noted: list[str] = []
    value = convert(_struct(document, schema, noted), schema)
    for field in sorted(set(noted)):
        MENDED_FIELDS.labels(field).inc()
        logger.info("a field that could not be read was left out or mended", field=field)
    return value


def convert(document: object, schema: type[_T]) -> _T:
    """Return ``document`` as ``schema``, all of it read strictly; raise ``ValidationError``."""
    try:
        return msgspec.convert(document, schema)
    except UnicodeEncodeError:
        # The library's own way to refuse half a character where a pattern decides.
        raise msgspec.ValidationError("a lone surrogate where none may be") from None


def _struct(document: object, schema: Any, noted: list[str], above: str = "") -> object:
    """Return a document in which every field that can be mended is."""
    if not isinstance(document, Mapping):
        return document
    whole = dict(document)
    for field in _fields(schema):
        if field.name in whole:
            _mend(whole, field, noted, above)
    return whole


def _mend(whole: dict[Any, Any], field: _Field, noted: list[str], above: str) -> None:
    place = f"{above}{field.name}"
    value = whole[field.name]
    if field.inner is not None:
        value = whole[field.name] = _inside(value, field, noted, f"{place}.")
    if field.instead is None or fits(value, field.hint):
        return
    noted.append(place)
    value = whole[field.name] = field.instead.mend(value)
    if field.instead.optional and not fits(value, field.hint):
        del whole[field.name]


def _inside(value: object, field: _Field, noted: list[str], above: str) -> object:
    if field.many and isinstance(value, list):
        return [_struct(one, field.inner, noted, above) for one in value]
    return _struct(value, field.inner, noted, above)


def fits(value: object, of_type: Any) -> bool:
    """Return whether ``of_type`` takes a value as it stands."""
    try:
        convert(value, of_type)
    except msgspec.ValidationError:
        return False
    return True


def _cut(value: object, limit: int | None) -> object:
    return cut_text(value, limit) if isinstance(value, str) and limit is not None else value


@cache
def _fields(schema: type[Struct]) -> tuple[_Field, ...]:
    hints = get_type_hints(schema, include_extras=True)
    return tuple(_field(name, hints[name]) for name in schema.__struct_fields__)


def _field(name: str, hint: Any) -> _Field:
    inner = next((part for part in _parts(hint) if _is_struct(part)), None)
    many = any(getattr(part, "__origin__", None) is list for part in _parts(hint))
    said = [meta for part in _either(hint) for meta in getattr(part, "__metadata__", ())]
    extras = (getattr(meta, "extra", None) or {} for meta in said)
    instead = next((extra[_KEY] for extra in extras if _KEY in extra), None)
    return _Field(name, hint, instead, inner, many)


def _either(hint: Any) -> list[Any]:
    """Return a type, and the types of which it may be either."""
    return [hint, *get_args(hint)] if get_origin(hint) in (Union, UnionType) else [hint]


def _parts(hint: Any) -> list[Any]:
    """Return a type with all that it is put together from."""
    return [hint, *(part for inner in get_args(hint) for part in _parts(inner))]


def _is_struct(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Struct)
