"""The signature that Workplace puts on each webhook it calls."""

import hashlib
import hmac
from collections.abc import Mapping

_STRONG = "X-Hub-Signature-256"
_OLD = "X-Hub-Signature"


def is_signed(body: bytes, headers: Mapping[str, str], app_secret: str) -> bool:
    """Tell whether ``body``, the raw bytes as received, was signed with ``app_secret``.

    The SHA-1 header counts only when the SHA-256 one is absent (Graph API, webhooks). ``headers``
    must ignore case in its names. Without a secret nothing is signed.
    """
    if not app_secret:
        return False
    strong = headers.get(_STRONG)
    if strong is not None:
        return _matches(strong, "sha256", body, app_secret)
    return _matches(headers.get(_OLD, ""), "sha1", body, app_secret)


def _matches(given: str, algorithm: str, body: bytes, app_secret: str) -> bool:
    digest = hmac.new(app_secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
    return hmac.compare_digest(given.encode(), f"{algorithm}={digest}".encode())
