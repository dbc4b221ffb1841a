"""Verification of Standard Webhooks 1.0.0 signatures (symmetric, ``v1``).

The signed content is ``{id}.{timestamp}.{raw body}``, the key the decoded bytes behind ``whsec_``.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix of every secret
TOLERANCE_SECONDS = 300
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64
_ID = re.compile(r"[^.\s]{1,64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class BadSignatureError(Exception):
    """The request is unsigned, mis-signed or stale. It does not say which, to nobody."""


def parse_secret(secret: str) -> bytes:
    """Return the HMAC key of a ``whsec_`` secret; raise ``ValueError`` saying what is wrong."""
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(f"does not start with {SECRET_PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64 after its prefix") from error
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ValueError(f"holds {len(key)} bytes instead of {MIN_KEY_BYTES} to {MAX_KEY_BYTES}")
    return key


def _keys(secrets: Sequence[str]) -> Iterator[bytes]:
    """Yield the keys of the well-formed secrets; a system check names the others."""
    for secret in secrets:
        with suppress(ValueError):
            yield parse_secret(secret)


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the one ``v1`` signature of a message."""
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def verify(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], at: float) -> str:
    """Return the message id when one of ``secrets`` signed exactly this body at about ``at``.

    ``at`` is in Unix seconds. Raises ``BadSignatureError``, the same for every reason.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignatureError
    if abs(at - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignatureError
    given = [part.encode() for part in headers.get("webhook-signature", "").split(" ")]
    expected = [signature(key, message_id, timestamp, body).encode() for key in _keys(secrets)]
    # Every pair is compared, so that the time taken does not tell which of them matched.
    if not sum(hmac.compare_digest(mine, theirs) for mine in expected for theirs in given):
        raise BadSignatureError
    return message_id
