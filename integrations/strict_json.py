"""Strict JSON: UTF-8, each key once in an object, no constants that JSON does not have.

What one reader takes for the first value and another for the last must not decide about anything.
"""

import json
from typing import Any


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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictError("a key occurs twice in one object")
    return found


def _no_constant(name: str) -> float:
    raise NotStrictError(f"{name} is not JSON")
