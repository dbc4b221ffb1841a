"""Reads `fields=a,b{c,d},e.limit(5)`: which fields a caller wants, and how deep."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.workplace import parameters
from sandbox.workplace.errors import GraphError

TOKEN = re.compile(r"\s*([A-Za-z0-9_]+|[{},]|\.[a-z_]+\([^()]*\))")
DEEPEST = 20


@dataclass
class Field:
    """A wanted field: what is wanted inside it, and its arguments such as `limit`."""

    inner: "dict[str, Field]" = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)


def wanted(params: dict[str, Any], default: str) -> dict[str, Field]:
    """Return the fields a call asks for, or the node's small default set."""
    names = parameters.names(params.get("fields")) if "fields" in params else []
    text = ",".join(names) or default
    if "fields" in params and isinstance(params["fields"], str) and "{" in params["fields"]:
        text = params["fields"]
    return _Reader(text).read()


class _Reader:
    """Reads one field list from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._position = 0
        self._depth = 0

    def read(self) -> dict[str, Field]:
        fields = self._list()
        if self._position != len(self._tokens):
            raise _syntax_error()
        return fields

    def _list(self) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        while (token := self._peek()) and (token[0].isalnum() or token[0] == "_"):
            self._position += 1
            fields[token] = self._details()
            if self._peek() != ",":
                break
            self._position += 1
        return fields

    def _details(self) -> Field:
        result = Field()
        while (token := self._peek()).startswith("."):
            self._expect(token)
            name, _, argument = token[1:-1].partition("(")
            if name == "fields":
                result.inner = _Reader(argument).read()
            result.arguments[name] = argument
        if self._peek() == "{":
            result.inner = self._inside()
        return result

    def _inside(self) -> dict[str, Field]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _syntax_error()
        self._expect("{")
        fields = self._list()
        self._expect("}")
        self._depth -= 1
        return fields

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._position += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise _syntax_error()


def _tokens(text: str) -> list[str]:
    found, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            raise _syntax_error()
        found.append(match[1])
        position = match.end()
    return found


def _syntax_error() -> GraphError:
    return GraphError(2500, "Syntax error in the parameter fields.")
