"""The ``signed_request`` with which Workplace tells of an uninstall."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import SuspiciousOperation

from integrations.workplace.answer import text_of

_ALGORITHM = "HMAC-SHA256"
LONGEST = 8192


class BadSignedRequest(SuspiciousOperation):
    """Not signed with this app's secret, or not readable; it never says which or what."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """``issued_at`` is in Unix seconds, or None where the platform does not tell."""

    community_id: str
    user_id: str = ""
    issued_at: int | None = None


def read_signed_request(value: str, app_secret: str) -> SignedRequest:
    """Verify and read ``{signature}.{payload}``; raise ``BadSignedRequest`` otherwise.

    Workplace signs with the base64url of the digest in hex, consumer Facebook with that of the
    digest itself. Both prove the secret, so both are accepted. Age is the caller's to judge: an
    uninstall that arrives late still is one.
    """
    signature, _dot, payload = value.partition(".")
    if not app_secret or len(value) > LONGEST or not _proves(signature, payload, app_secret):
        raise BadSignedRequest("A signed_request was refused.")
    return _read(payload)


def _proves(signature: str, payload: str, app_secret: str) -> bool:
    digest = hmac.new(app_secret.encode(), payload.encode(), hashlib.sha256)
    given = _decode(signature)
    forms = (digest.hexdigest().encode(), digest.digest())
    return any(hmac.compare_digest(given, form) for form in forms)


def _read(payload: str) -> SignedRequest:
    try:
        parts = json.loads(_decode(payload))
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, Mapping) or parts.get("algorithm", _ALGORITHM) != _ALGORITHM:
        raise BadSignedRequest("A signed_request was refused.")
    community_id = text_of(parts.get("community_id"))
    if not community_id:
        raise BadSignedRequest("A signed_request was refused.")
    issued_at = text_of(parts.get("issued_at"))
    return SignedRequest(
        community_id=community_id,
        user_id=text_of(parts.get("user_id")),
        issued_at=int(issued_at) if issued_at.isascii() and issued_at.isdigit() else None,
    )


def _decode(part: str) -> bytes:
    """Decode base64url without its padding; what is not base64url decodes to nothing."""
    padding = "=" * (-len(part) % 4)
    try:
        return base64.b64decode(part + padding, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
