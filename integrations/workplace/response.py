"""Response of the Graph API: a value that can be used, or the error that it means."""

import json
from http import HTTPStatus
from typing import Any

from integrations.workplace.errors import error_for, error_for_status, read_envelope, unsettled
from integrations.workplace.request import Expected
from integrations.workplace.usage import Usage


def read_answer(status: int, content: bytes | str, usage: Usage, expected: Expected) -> Any:
    """Return the JSON object or list of an answer; raise the ``TargetError`` that it means.

    Three kinds of useless success are told apart in the error's code: ``empty/200``,
    ``broken/200`` (not JSON) and ``partial/200`` (without an expected field).
    """
    body = _parse(content)
    if isinstance(body, dict) and body.get("error"):
        raise error_for(read_envelope(body["error"], status=status), usage, once=expected.once)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise error_for_status(status, usage, once=expected.once)
    fault = _fault(body, content, expected)
    if fault:
        raise unsettled(once=expected.once)(code=f"{fault}/{status}", wait=usage.wait)
    return body


def text_of(value: object) -> str:
    """Return an id or name as a string, also where the platform sends an id as a number."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _parse(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    # A few thousand opening brackets exhaust the parser's stack.
    except (ValueError, RecursionError):
        return None


def _fault(body: Any, content: bytes | str, expected: Expected) -> str:
    if not content.strip():
        return "empty"
    if not isinstance(body, dict | list):
        return "broken"
    held = {name for name, value in body.items() if value} if isinstance(body, dict) else set()
    return "" if held.issuperset(expected.fields) else "partial"
