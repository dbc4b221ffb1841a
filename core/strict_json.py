"""Strict JSON: UTF-8, each key once in an object, no constants that JSON does not have.

A key that one reader takes by its first value and another by its last must not decide about
anything. A list can be split without being read, so that an item that no reader of JSON can take,
however deep or long, is refused by itself: the cuts are found by quotes and brackets alone.
"""

import json
import re
from itertools import pairwise
from typing import Any

# A string that does not end goes on to the end of the body, so that it is looked at only once.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[][{},:]', re.DOTALL)
# In the list, in the object that is the body.
_IN_LIST = 2


class NotStrictError(ValueError):
    """The bytes are no such JSON; the text says why, and quotes nothing of them."""


def load(body: bytes) -> Any:
    """Return the value in ``body``; raise ``NotStrictError``, whatever else is there."""
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except RecursionError:
        raise NotStrictError("nested too deeply") from None
    except UnicodeDecodeError:
        raise NotStrictError("not UTF-8") from None
    except NotStrictError:
        raise
    except ValueError:
        raise NotStrictError("not JSON") from None


def load_parts(body: bytes, *lists: str) -> Any:
    """Return the value in ``body``, with None for the items of its list that are not strict JSON.

    ``lists`` names the list, then the list in each of its items, and so on. Raises
    ``NotStrictError`` when what is around the items is not strict JSON.
    """
    try:
        return load(body)
    except NotStrictError:
        if not lists:
            raise
    around, items = split(body, lists[0])
    document = load(around)
    if items is not None:
        document[lists[0]] = load_each(items, *lists[1:])
    return document


def load_each(items: list[bytes], *lists: str) -> list[Any]:
    """Return what is in each of ``items``, as ``load_parts`` does; None for what it refuses."""
    return [_part(item, *lists) for item in items]


def _part(item: bytes, *lists: str) -> Any:
    try:
        return load_parts(item, *lists)
    except NotStrictError:
        return None


def split(body: bytes, name: str) -> tuple[bytes, list[bytes] | None]:
    """Return the object in ``body`` with its list ``name`` emptied, and the bytes of each item.

    The items are unread, and so is what is around them; None where there is no such list.
    """
    cuts = _cuts(body, json.dumps(name).encode())
    if not cuts:
        return body, None
    items = [body[start : end - 1].strip(b" \t\n\r") for start, end in pairwise(cuts)]
    return body[: cuts[0]] + body[cuts[-1] - 1 :], [] if items == [b""] else items


def _cuts(body: bytes, name: bytes) -> list[int]:
    """Return the place behind the list's beginning, behind each of its commas, and behind its end.

    Nothing where the body has no such list.
    """
    depth, before, cuts = 0, (b"", b""), list[int]()
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == _IN_LIST and mark == b"[" and before == (name, b":") and not cuts:
                cuts.append(token.end())
        elif mark in (b"]", b"}"):
            depth -= 1
            if cuts and depth < _IN_LIST:
                return [*cuts, token.end()]
        elif mark == b"," and depth == _IN_LIST and cuts:
            cuts.append(token.end())
        before = (before[1], mark)
    return []


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictError("a key occurs twice in one object")
    return found


def _no_constant(name: str) -> float:
    raise NotStrictError(f"{name} is not JSON")
