"""How requests differ that carry the same: headers, codings, and signatures that are none."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from tests.fuzz import words
from tests.fuzz.hostile import CONTENT_TYPES, HEADERS

# A length that is no number gets no further than the server.
_HEADERS = [headers for headers in HEADERS if "CONTENT_LENGTH" not in headers]


class Door(Protocol):
    """Where inputs come in."""

    def send(self, random: Random) -> int:
        """Draw an input, send it, and return for how many inputs it counts."""


def headers_of(random: Random, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what a request carries beside its body: its own headers, and others."""
    odd = random.choice(_HEADERS) if random.random() < 0.7 else {}
    content_type = random.choice(("application/json", *CONTENT_TYPES))
    return {"content_type": content_type, "headers": dict(headers), **odd}


def in_chunks(random: Random) -> dict[str, Any]:
    """Return what tells the application that a body came in chunks; mostly none does."""
    if random.random() < 0.9:
        return {}
    return {
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
    }


def signed_or_not(random: Random, headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers of which one is missing, doubled, or something else."""
    changed = dict(headers)
    name = random.choice(list(changed))
    own = changed[name]
    draws: Sequence[Callable[[], str]] = (
        lambda: "",
        lambda: own[:-1],
        lambda: f"{own} {own}",
        lambda: f"{own},",
        own.swapcase,
        lambda: _latin(words.text(random)),
        lambda: _latin(words.number(random)),
        lambda: " ".join([own.swapcase()] * 500),
    )
    changed[name] = random.choice(draws)()
    if random.random() < 0.2:
        del changed[name]
    return changed


def _latin(text: str) -> str:
    """Return a text as a server hands a header to the application."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1").replace("\n", "")
