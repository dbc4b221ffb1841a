"""Asking as ovice does, with its connector key."""

import hashlib
from typing import Any

from django.test import Client

KEY = "ovice-connector-key"
KEY_HASH = hashlib.sha256(KEY.encode()).hexdigest()


def ask(method: str, path: str, *, key: str = KEY, body: Any = None, **headers: str):
    """Send a request to the connector API, and return the answer, whatever it is."""
    return Client().generic(
        method,
        f"/v1/organizations/{path}",
        data=body if isinstance(body, bytes | str) else b"",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}", **headers},
    )
