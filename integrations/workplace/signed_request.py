"""The ``signed_request`` with which Workplace tells of an uninstall."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.core.exceptions import SuspiciousOperation

from core import strict_json
from integrations.workplace.response import text_of

_ALGORITHM = "HMAC-SHA256"
LONGEST = 8192
_LONGEST_ID = 64
_LINKING = frozenset({"redirect", "state"})
# Workplace opened to the public in this month: nothing was ever signed before.
_EARLIEST = datetime(2016, 10, 1, tzinfo=UTC)
# How far ahead of ours the platform's clock may be.
_AHEAD = timedelta(minutes=5)


class BadSignedRequest(SuspiciousOperation):
    """Not signed with this app's secret, or not readable; it never says which or what."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """Content that was signed: a community, one of its users, or both.

    ``issued_at`` is None where the platform does not tell. ``of_linking`` says that it was signed
    for the dialog that links an account, which passes through a member's own browser (8.4).
    ``digest`` is the same for the same request, whatever form its signature has.
    """

    community_id: str = ""
    user_id: str = ""
    issued_at: datetime | None = None
    of_linking: bool = False
    digest: str = field(default="", compare=False)


def read_signed_request(value: str, app_secret: str, *, at: datetime) -> SignedRequest:
    """Verify and read ``{signature}.{payload}``; raise ``BadSignedRequest`` otherwise.

    Workplace signs with the base64url of the digest in hex, consumer Facebook with that of the
    digest itself (dossier 8.4 and 8.5). Both prove the secret, so both are accepted. An uninstall
    that arrives late still is one; only a time that cannot be, at the moment ``at``, is refused.
    """
    signature, _dot, payload = value.partition(".")
    # Of base64url all is ASCII; anything else, halves of a surrogate pair too, was never signed.
    readable = value.isascii() and len(value) <= LONGEST
    if not app_secret or not readable or not _proves(signature, payload, app_secret):
        raise BadSignedRequest("A signed_request was refused.")
    try:
        return _read(payload, at)
    except (ValueError, RecursionError):
        raise BadSignedRequest("A signed_request was refused.") from None


def _proves(signature: str, payload: str, app_secret: str) -> bool:
    digest = hmac.new(app_secret.encode(), payload.encode(), hashlib.sha256)
    given = _decode(signature)
    forms = (digest.hexdigest().encode(), digest.digest())
    return any(hmac.compare_digest(given, form) for form in forms)


def _read(payload: str, at: datetime) -> SignedRequest:
    """Read what was signed; raise ``ValueError`` for anything that the platform never sends."""
    parts = strict_json.load(_decode(payload))
    if not isinstance(parts, Mapping) or parts.get("algorithm", _ALGORITHM) != _ALGORITHM:
        raise ValueError
    found = SignedRequest(
        community_id=_identifier(parts.get("community_id")),
        user_id=_identifier(parts.get("user_id")),
        issued_at=_moment(parts["issued_at"], at) if "issued_at" in parts else None,
        of_linking=not _LINKING.isdisjoint(parts),
        digest=hashlib.sha256(payload.encode()).hexdigest(),
    )
    if not found.community_id and not found.user_id:
        raise ValueError
    return found


def _identifier(value: object) -> str:
    """Return an id of Graph's, which is decimal digits as text or a number; nothing if absent."""
    if value is None:
        return ""
    text = text_of(value)
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_ID:
        raise ValueError
    return text


def _moment(value: object, at: datetime) -> datetime:
    """Return the time of Unix seconds that can be true at ``at``."""
    seconds = text_of(value)
    if not seconds.isascii() or not seconds.isdigit():
        raise ValueError
    if not _EARLIEST.timestamp() <= int(seconds) <= (at + _AHEAD).timestamp():
        raise ValueError
    return datetime.fromtimestamp(int(seconds), UTC)


def _decode(part: str) -> bytes:
    """Decode base64url without its padding; what is not base64url decodes to nothing."""
    padding = "=" * (-len(part) % 4)
    try:
        return base64.b64decode(part + padding, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
