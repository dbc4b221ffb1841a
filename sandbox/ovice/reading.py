"""Checks the values of a control request by name and kind, and says which one is wrong."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.control import ControlError


@dataclass(frozen=True)
class Kind:
    """A kind of value: what it is called and how to tell it."""

    words: str
    fits: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    """Tell text that can be shown: a lone surrogate cannot be written as UTF-8."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def one_of(choices: Iterable[str]) -> Kind:
    """Return the kind of a text that is one of `choices`."""
    known = tuple(choices)
    return Kind(f"one of {', '.join(known)}", lambda value: _is_text(value) and value in known)


def none_or(kind: Kind) -> Kind:
    """Return the same kind with null allowed."""
    return Kind(f"{kind.words} or null", lambda value: value is None or kind.fits(value))


TEXT = Kind("text", _is_text)
# Of a message, even broken text may have to reach the relay.
ANY_TEXT = Kind("text", lambda value: isinstance(value, str))
FILLED = Kind("text that is not empty", lambda value: _is_text(value) and value != "")
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a number of 0 or more", lambda value: _is_number(value) and value >= 0)
TEXTS = Kind("a list of text", _are_texts)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
OBJECTS = Kind("a list of objects", _are_objects)


def checked(
    values: dict[str, Any], kinds: Mapping[str, Kind], *, required: Iterable[str] = ()
) -> dict[str, Any]:
    """Return `values` if every name is known and every value fits; else raise ControlError."""
    for name in required:
        if name not in values:
            raise ControlError(f"{name} is missing.")
    for name, value in values.items():
        if name not in kinds:
            raise ControlError(f"{name} is not known here; known are {', '.join(kinds)}.")
        if not kinds[name].fits(value):
            raise ControlError(f"{name} must be {kinds[name].words}.")
    return values
