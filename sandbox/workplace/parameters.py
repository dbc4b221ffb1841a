"""Reads a call's parameters from query, form and JSON body, merged as the Graph API does."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.workplace.errors import bad_parameter

BRACKETS = re.compile(r"\[([^\[\]]*)\]")
HALF_PAIR = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
MOST_PARAMETERS = 1000
DEEPEST_NESTING = 10
METHODS = frozenset({"get", "post", "delete"})


@dataclass(frozen=True)
class Upload:
    """A file of a multipart body; what is in it is not kept."""

    name: str


def read(query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """Return all parameters; the body's win over the query's."""
    params = _pairs(query)
    if not body:
        return params
    if content_type == "application/json":
        return params | _json_object(body)
    return params | _pairs(body.decode(errors="replace"))


def merge(query: str, fields: Collection[tuple[str, Any]]) -> dict[str, Any]:
    """Return all parameters of a call with a multipart body: text, bytes of text, or a file.

    A file is never part of another parameter, whatever brackets its name has.
    """
    files = {name: value for name, value in fields if isinstance(value, Upload)}
    texts = [
        (name, value.decode(errors="replace") if isinstance(value, bytes | bytearray) else value)
        for name, value in fields
        if not isinstance(value, Upload)
    ]
    return _pairs(query) | _nested(texts) | files


def take_method(method: str, params: dict[str, Any]) -> str:
    """Return what a call does: `method` of a POST's parameters, else the HTTP method's own.

    The parameter is removed. A HEAD is a GET whose body HTTP leaves out.
    """
    if method != "POST" or "method" not in params:
        return "GET" if method == "HEAD" else method
    asked = params.pop("method")
    if not isinstance(asked, str) or asked.lower() not in METHODS:
        raise bad_parameter(f"param method must be one of {{{', '.join(sorted(METHODS))}}}.")
    return asked.upper()


def flag(value: Any, *, default: bool) -> bool:
    """Return a true or false parameter; in a query it is `true` or `1`, `false` or `0`."""
    text = str(value).lower()
    return text in ("true", "1") if text in ("true", "false", "0", "1") else default


def structure(params: dict[str, Any], name: str) -> Any:
    """Return a nested parameter: as it came in JSON, decoded where it came as text."""
    value = params.get(name)
    if not isinstance(value, str):
        return value
    try:
        return _loads(value)
    except (ValueError, RecursionError):
        raise bad_parameter(f"param {name} must be non-empty.") from None


def names(value: Any) -> list[str]:
    """Return a list of names from `a,b`, `["a","b"]`, a list or PHP-style keys."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, str):
        if not value.startswith("["):
            return [name.strip() for name in value.split(",") if name.strip()]
        value = structure({"list": value}, "list")
    if not isinstance(value, list):
        return []
    return [str(name) for name in value]


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = _loads(body.decode())
    except (ValueError, RecursionError):
        raise bad_parameter("The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise bad_parameter("The request body must be a JSON object.")
    return value


def _loads(text: str) -> Any:
    """Read JSON; half a surrogate pair is an error, because nothing could write it again."""
    value = json.loads(text)
    if HALF_PAIR.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _pairs(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise bad_parameter("Too many parameters.") from None
    return _nested(pairs)


def _nested(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for key, value in pairs:
        _put(params, key, value)
    return {key: _lists(value) for key, value in params.items()}


def _put(params: dict[str, Any], key: str, value: Any) -> None:
    """Store `a[0][b]=c` as `{"a": {"0": {"b": "c"}}}`."""
    head, steps = key.partition("[")[0], BRACKETS.findall(key)[:DEEPEST_NESTING]
    target = params
    for step in steps:
        inner = target.get(head)
        if not isinstance(inner, dict):
            inner = target[head] = {}
        target, head = inner, step or str(len(inner))
    target[head] = value


def _lists(value: Any) -> Any:
    """Turn objects whose keys are 0, 1, 2 … into lists."""
    if not isinstance(value, dict):
        return value
    if list(value) == [str(position) for position in range(len(value))]:
        return [_lists(inner) for inner in value.values()]
    return {key: _lists(inner) for key, inner in value.items()}
