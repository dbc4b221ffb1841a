"""Signs requests as Workplace does, sharing no code with what is tested."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "example-app-secret"


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def sign_raw(parts: bytes, secret: str = SECRET, *, consumer: bool = False) -> str:
    """Return a signed_request over any bytes; ``consumer`` signs as Facebook does."""
    payload = encode(parts)
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256)
    return f"{encode(digest.digest() if consumer else digest.hexdigest().encode())}.{payload}"


def sign(parts: Any, secret: str = SECRET, *, consumer: bool = False) -> str:
    return sign_raw(json.dumps(parts).encode(), secret, consumer=consumer)


def uninstall_of(community_id: str, **parts: Any) -> str:
    """Return the notice that a community has just removed the app."""
    told = {"algorithm": "HMAC-SHA256", "issued_at": int(time.time()) + 1}
    return sign({**told, "community_id": community_id, **parts})
