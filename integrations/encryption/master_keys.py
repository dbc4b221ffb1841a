"""Secrets under the operator's master keys: access tokens, app secrets and data keys.

django-cryptography does the encrypting, with three of its defaults replaced: keys come from
``ENCRYPTION_KEYS`` and never from ``SECRET_KEY``, nothing is pickled, and each ciphertext is bound
to its key, its tenant and its place, so that a value copied to another row cannot be read there.

A sealed value is one version byte, the four bytes of the master key's id, and the token.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.signing import BadSignature
from django_cryptography.core.signing import FernetSigner
from django_cryptography.utils.crypto import FernetBytes, InvalidToken

VERSION = b"\x01"
KEY_BYTES = 32
_ID_BYTES = 4


class KeyMissingError(Exception):
    """There is no master key, or the one that sealed a value is not in ``ENCRYPTION_KEYS``."""


class UnreadableError(Exception):
    """A sealed value was altered, or belongs to another tenant or place."""


def parse_key(encoded: str) -> bytes:
    """Return the 32 bytes of a base64 master key; raise ``ValueError`` saying what is wrong."""
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def key_id(key: bytes) -> bytes:
    """Return the short public name of a master key, which tells nothing about the key itself."""
    return hashlib.sha256(b"kotozute master key id:" + key).digest()[:_ID_BYTES]


@lru_cache(maxsize=8)
def _ring(encoded_keys: tuple[str, ...]) -> dict[bytes, bytes]:
    return {key_id(key): key for key in map(parse_key, encoded_keys)}


def seal(plain: bytes, *, place: Sequence[str]) -> bytes:
    """Encrypt ``plain`` under the newest master key, readable again only at the same ``place``."""
    ring = _ring(tuple(settings.ENCRYPTION_KEYS))
    if not ring:
        raise KeyMissingError("ENCRYPTION_KEYS is empty.")
    newest_id, newest = next(iter(ring.items()))
    token: bytes = _box(newest, place).encrypt(plain)
    return VERSION + newest_id + token


def unseal(sealed: bytes, *, place: Sequence[str]) -> bytes:
    """Decrypt what ``seal`` made at the same ``place``.

    Raises ``KeyMissingError`` or ``UnreadableError``; neither tells anything of the value.
    """
    head = len(VERSION)
    name = sealed[head : head + _ID_BYTES]
    key = _ring(tuple(settings.ENCRYPTION_KEYS)).get(name)
    if sealed[:head] != VERSION or key is None:
        raise KeyMissingError(f"No master key {name.hex()} in ENCRYPTION_KEYS.")
    try:
        plain: bytes = _box(key, place).decrypt(sealed[head + _ID_BYTES :])
    except (BadSignature, InvalidToken):
        raise UnreadableError("A sealed value does not belong here.") from None
    return plain


def keyed_hashes(plain: bytes, *, place: Sequence[str]) -> list[str]:
    """Return the hash of ``plain`` under each master key, the newest key's first.

    The first one is stored; a look-up asks for any of them, so that it works while keys rotate.
    Without the keys nobody can tell by trying what was hashed.
    """
    ring = _ring(tuple(settings.ENCRYPTION_KEYS))
    if not ring:
        raise KeyMissingError("ENCRYPTION_KEYS is empty.")
    info = b"\x00".join(part.encode() for part in ("kotozute hashed", *place))
    return [
        f"{name.hex()}{hmac.digest(_derived(key, info, KEY_BYTES), plain, 'sha256').hex()}"
        for name, key in ring.items()
    ]


def key_id_of(sealed: bytes) -> bytes:
    """Return the id of the master key that protects ``sealed``, as ``key_id`` makes it."""
    return sealed[len(VERSION) : len(VERSION) + _ID_BYTES]


def is_newest(sealed: bytes) -> bool:
    """Return whether ``sealed`` is under the newest master key, which alone seals."""
    ring = _ring(tuple(settings.ENCRYPTION_KEYS))
    return key_id_of(sealed) == next(iter(ring), None)


def _box(key: bytes, place: Sequence[str]) -> FernetBytes:
    """Return a cipher whose two keys exist for this place only."""
    info = b"\x00".join(part.encode() for part in ("kotozute sealed", *place))
    derived = _derived(key, info, 64)
    # An explicit signer keeps SECRET_KEY out: rotating it must not lose data.
    return FernetBytes(derived[:32], FernetSigner(derived[32:]))


def _derived(key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(key)
