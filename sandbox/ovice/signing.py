"""Signs and checks requests by Standard Webhooks 1.0.0, symmetric variant (`v1`)."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

SECRET_PREFIX = "whsec_"  # noqa: S105 - the notation, not a secret
TOLERANCE_SECONDS = 300
SECONDS = re.compile(r"[0-9]{1,12}")


class SignatureError(Exception):
    """A request that is not signed as it must be; the text says what is wrong."""


def decode_secret(secret: str) -> bytes:
    """Return the key behind `whsec_…`; raise ValueError when it is none."""
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError("A secret starts with whsec_.")
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("After whsec_ a secret is base64.") from None


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the signature of one attempt made at `timestamp` (Unix seconds)."""
    content = f"{webhook_id}.{timestamp}.".encode(errors="replace") + body
    digest = hmac.new(decode_secret(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(secrets: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers; while secrets rotate, every one of them signs."""
    signatures = [sign(secret, webhook_id, timestamp, body) for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(secret: str, received: Mapping[str, str], body: bytes, now: float) -> str:
    """Return the webhook id of a request that is signed with `secret` and not stale.

    `now` is in Unix seconds. Raises SignatureError.
    """
    webhook_id = received.get("webhook-id", "")
    timestamp = received.get("webhook-timestamp", "")
    if not webhook_id or not SECONDS.fullmatch(timestamp):
        raise SignatureError("webhook-id or webhook-timestamp is missing or malformed.")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureError("webhook-timestamp is more than five minutes away.")
    right = sign(secret, webhook_id, int(timestamp), body).encode()
    offered = received.get("webhook-signature", "").encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(right, signature) for signature in offered):
        raise SignatureError("No signature matches.")
    return webhook_id
