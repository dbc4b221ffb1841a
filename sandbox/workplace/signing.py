"""Signs what the platform sends: webhooks and the `signed_request` of an uninstall."""

import base64
import hmac
import json
from typing import Any

ENCODINGS = ("workplace", "consumer")


def webhook_headers(secret: str, body: bytes, which: str = "both") -> dict[str, str]:
    """Return the signature headers over the exact bytes: `sha1`, `sha256` or `both`."""
    headers: dict[str, str] = {}
    if which in ("sha1", "both"):
        headers["X-Hub-Signature"] = "sha1=" + hmac.digest(secret.encode(), body, "sha1").hex()
    if which in ("sha256", "both"):
        digest = hmac.digest(secret.encode(), body, "sha256")
        headers["X-Hub-Signature-256"] = "sha256=" + digest.hex()
    return headers


def signed_request(secret: str, payload: dict[str, Any], encoding: str = "workplace") -> str:
    """Return `signature.payload`, both base64url without padding.

    Workplace encoded the hex text of the HMAC-SHA256, the consumer platform its raw bytes.
    """
    part = _base64url(json.dumps(payload, separators=(",", ":")).encode())
    digest = hmac.digest(secret.encode(), part.encode(), "sha256")
    signature = digest.hex().encode() if encoding == "workplace" else digest
    return f"{_base64url(signature)}.{part}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
