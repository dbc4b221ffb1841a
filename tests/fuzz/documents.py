"""JSON that is almost right: a document with something wrong in it, and bytes that almost say it.

A document is what ``json`` reads, and beside that ``Raw``, written as it stands, and ``Pairs``, an
object in which a key may come twice.
"""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz import words

DEEP = 100_000


class Raw(str):
    """Raw text that stands unquoted: a number no float can hold, or no JSON at all."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object, member by member."""


def mutate(random: Random, document: Any, known: Sequence[str]) -> Any:
    """Return a copy of ``document`` with one to three places changed; ``known`` are ids."""
    changed = deepcopy(document)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        changed = _mutate_one(random, changed, known)
    return changed


def _mutate_one(random: Random, document: Any, known: Sequence[str]) -> Any:
    places = list(_places(document))
    if not places or random.random() < 0.01:
        return anything(random, known)
    parent, key = random.choice(places)
    kind = random.randrange(8)
    if kind == 0 and isinstance(parent, dict):
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[words.text(random, 300)] = anything(random, known)
    elif kind == 2 and isinstance(parent, dict):
        # Twice, with another value or the same.
        own = parent[key]
        parent[key] = Raw(f"{write(own)},{write(key)}:{write(random.choice((own, None, 1)))}")
    elif kind == 3:
        parent[key] = random.choice(([parent[key]], {"id": parent[key]}, [parent[key]] * 3))
    elif isinstance(parent[key], str) and kind < 7:
        parent[key] = _other_text(random, parent[key], known)
    else:
        parent[key] = anything(random, known)
    return document


def anything(random: Random, known: Sequence[str]) -> Any:
    """Draw a value of any type."""
    draws: Sequence[Callable[[], Any]] = (
        lambda: random.choice((None, True, False, [], {}, "", [[]], [None], {"": None})),
        lambda: Raw(words.number(random)),
        lambda: words.text(random, random.choice((16, 64, 255, 320, 2048, 8000))),
        lambda: words.identifier(random, known),
        lambda: words.moment(random),
        lambda: Raw(random.choice(("[", '{"a":')) * random.choice((1, 50, 5000, DEEP // 8))),
        lambda: Raw("[" * 900 + "]" * 900),
        lambda: Raw(words.soup(random, 20)),
        lambda: _many(words.identifier(random, known), random.choice((1, 2, 300, 5000))),
        lambda: Pairs([("id", random.choice(known)), ("id", random.choice(known))]),
    )
    return random.choice(draws)()


def _many(value: Any, count: int) -> Raw:
    return Raw(f"[{','.join([write(value)] * count)}]")


def _other_text(random: Random, own: str, known: Sequence[str]) -> str:
    draws: Sequence[Callable[[], str]] = (
        lambda: words.text(random, random.choice((16, 64, 255, 320, 2048, 8000))),
        lambda: words.identifier(random, known),
        lambda: words.moment(random),
        lambda: own + random.choice(words.CHARACTERS),
        lambda: random.choice(words.CHARACTERS) + own,
        lambda: random.choice((*words.ADDRESSES, *words.MAILS)),
        own.swapcase,
    )
    return random.choice(draws)()


def _places(document: Any) -> Any:
    """Yield each place of a document as what holds it and by which key."""
    if isinstance(document, dict):
        keys: Any = list(document)
    elif isinstance(document, list) and not isinstance(document, Pairs):
        keys = range(len(document))
    else:
        return
    for key in keys:
        yield document, key
        yield from _places(document[key])


def write(value: Any, *, ascii_only: bool = True) -> str:
    """Return a document as JSON, or what comes closest to it."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict | Pairs):
        pairs = value.items() if isinstance(value, dict) else value
        inside = ",".join(
            f"{write(key, ascii_only=ascii_only)}:{write(own, ascii_only=ascii_only)}"
            for key, own in pairs
        )
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(write(own, ascii_only=ascii_only) for own in value)}]"
    return json.dumps(value, ensure_ascii=ascii_only)


def encode(random: Random, value: Any) -> bytes:
    """Return a document as bytes; mostly in UTF-8, sometimes cut, doubled or in another coding."""
    written = write(value, ascii_only=random.random() < 0.5)
    body = written.encode("utf-8", "surrogatepass")
    return spoil(random, body) if random.random() < 0.15 else body


def spoil(random: Random, body: bytes) -> bytes:
    """Return bytes that are no longer what they were."""
    at = random.randrange(len(body) + 1)
    draws: Sequence[Callable[[], bytes]] = (
        lambda: body[:at],
        lambda: body[at:],
        lambda: body + random.choice((b"\0", b"x", b"&", b"\r\n", b"\n\n", body)),
        lambda: b"\xef\xbb\xbf" + body,
        lambda: body.decode("latin-1").encode(random.choice(("utf-16", "utf-16-le", "utf-32"))),
        lambda: body[:at] + bytes((random.randrange(256),)) + body[at + 1 :],
        lambda: (
            body[:at] + random.choice((b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\0")) + body[at:]
        ),
        lambda: b"[" * random.choice((1000, DEEP // 2)),
        lambda: b"",
    )
    return random.choice(draws)()
