"""A call to the Graph API as data: what is asked, what the answer must hold, what it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.workplace.usage import Usage


@dataclass(frozen=True, slots=True)
class Expected:
    """Content that an answer must hold to be of use.

    ``fields`` must be there and not empty. ``once`` marks a call that must not be accepted twice:
    when it gets no usable answer, the error is ``Unconfirmed`` instead of ``Unavailable``.
    """

    fields: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``kind`` names it in logs; the rest of it is never shown.

    ``path`` holds raw segments (each is percent-encoded), ``payload`` becomes a JSON body.
    """

    kind: str
    method: str
    path: tuple[str, ...] = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Mapping[str, Any] | None = field(default=None, repr=False)
    expected: Expected = field(default_factory=Expected)


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of a successful call, and how much of the rate limits is used."""

    body: Any = field(repr=False)
    usage: Usage = field(default_factory=Usage)
