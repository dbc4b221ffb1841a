"""Checks the app-secret proof of a call."""

import hmac
import re
from typing import Any

from sandbox.workplace.errors import METHOD, GraphError
from sandbox.workplace.records import Install

LIFETIME_SECONDS = 300
SECONDS = re.compile(r"[0-9]{1,12}")


def check(install: Install, params: dict[str, Any], now: float, tolerance_seconds: float) -> None:
    """Refuse a call whose proof is missing, wrong, of the classic kind, too old or too new.

    The Workplace kind hashes `token|time` and sends the time along. Where no proof is required
    a call may go without one, or with either kind, but not with a wrong one.
    """
    given = params.get("appsecret_proof")
    if not given:
        if install.require_proof:
            raise _refusal("API calls from the server require an appsecret_proof argument")
        return
    if not isinstance(given, str) or not _is_valid(
        install, given, params.get("appsecret_time"), now, tolerance_seconds
    ):
        raise _refusal("Invalid appsecret_proof provided in the API argument")


def _is_valid(
    install: Install, given: str, signed_at: Any, now: float, tolerance_seconds: float
) -> bool:
    if signed_at in (None, ""):
        return not install.require_proof and _matches(install, given, install.token)
    if not SECONDS.fullmatch(str(signed_at)):
        return False
    age = now - int(signed_at)
    if not -tolerance_seconds <= age <= LIFETIME_SECONDS:
        return False
    return _matches(install, given, f"{install.token}|{signed_at}")


def _matches(install: Install, given: str, message: str) -> bool:
    expected = hmac.digest(install.app.secret.encode(), message.encode(), "sha256").hex()
    return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))


def _refusal(message: str) -> GraphError:
    return GraphError(100, message, type=METHOD)
