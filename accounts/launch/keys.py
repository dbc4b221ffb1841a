"""ovice's public keys for launch tokens, fetched from the configured key set and kept for a while.

A key set is a few kilobytes, and ovice is asked at most once per ``PAUSE_SECONDS`` however many
tokens with unknown keys come in. While it does not answer, known keys stay good for a day.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import jwt
import requests
from django.conf import settings

from core import strict_json

FRESH_SECONDS = 3600.0
KEPT_SECONDS = 86_400.0
PAUSE_SECONDS = 10.0
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 2.0, 3.0, 5.0
SIZE_LIMIT = 64 * 1024
KEYS_LIMIT = 32
_CHUNK = 8 * 1024
_LONG_AGO = float("-inf")


@dataclass
class KeySet:
    """The keys of one address; safe to be used by several threads."""

    url: str
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _fetched_at: float = _LONG_AGO
    _asked_at: float = _LONG_AGO
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key named ``kid``, asking ovice where it is not known or no longer fresh."""
        if not self._is_fresh(kid):
            with self._lock:
                if not self._is_fresh(kid):
                    self._refresh()
        return self._keys.get(kid)

    def _is_fresh(self, kid: str) -> bool:
        return kid in self._keys and time.monotonic() - self._fetched_at < FRESH_SECONDS

    def _refresh(self) -> None:
        at = time.monotonic()
        if at - self._asked_at < PAUSE_SECONDS:
            return
        self._asked_at = at
        found = _fetch(self.url)
        if found is not None:
            self._keys, self._fetched_at = found, at
        elif at - self._fetched_at > KEPT_SECONDS:
            self._keys = {}


_sets: dict[str, KeySet] = {}


def launch_key(kid: str) -> jwt.PyJWK | None:
    """Return ovice's public key named ``kid``, or None."""
    url = settings.OVICE_LAUNCH_JWKS_URL
    return _sets.setdefault(url, KeySet(url)).find(kid)


def _fetch(url: str) -> dict[str, jwt.PyJWK] | None:
    """Return the published keys by their names, or None when they cannot be had."""
    try:
        published = strict_json.load_parts(_download(url), "keys")["keys"][:KEYS_LIMIT]
    except (requests.RequestException, ValueError, TypeError, KeyError):
        return None
    found = list(filter(None, map(_verifying, published)))
    names = Counter(key.key_id for key in found)
    # Two keys of one name leave open which of them is meant.
    return {key.key_id: key for key in found if key.key_id and names[key.key_id] == 1}


def _verifying(published: object) -> jwt.PyJWK | None:
    """Return a key that may prove a signature (RFC 7517, 4.2 and 4.3), or None."""
    if not isinstance(published, dict) or published.get("use", "sig") != "sig":
        return None
    operations = published.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        return jwt.PyJWK(published)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return None


def _download(url: str) -> bytes:
    """Return what is there, or nothing when it is too large, too slow or somewhere else."""
    end = time.monotonic() + WHOLE_SECONDS
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    body = b""
    with requests.get(url, timeout=timeout, allow_redirects=False, stream=True) as answer:
        if answer.status_code != requests.codes.ok:
            return b""
        for chunk in answer.iter_content(_CHUNK):
            body += chunk
            if len(body) > SIZE_LIMIT or time.monotonic() > end:
                return b""
    return body
