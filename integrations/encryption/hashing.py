"""Keyed hashes: names that this instance can recognise again and nobody can read back."""

import base64
import binascii
import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from integrations.encryption.master_keys import KEY_BYTES, KeyMissingError


def receipt_seed() -> bytes:
    """Return the 32 bytes of ``RECEIPT_SIGNING_KEY``; raise ``KeyMissingError`` without them."""
    try:
        seed = base64.b64decode(settings.RECEIPT_SIGNING_KEY, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != KEY_BYTES:
        raise KeyMissingError("RECEIPT_SIGNING_KEY is missing or is not 32 bytes in base64.")
    return seed


def keyed_hash(kind: str, *parts: str) -> str:
    """Return 64 hexadecimal digits for ``parts``; the same parts of another kind give others.

    The key comes from ``RECEIPT_SIGNING_KEY``, which outlives every rotation of master keys.
    """
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kotozute keyed hash")
    message = "\x00".join((kind, *parts)).encode()
    return hmac.new(derived.derive(receipt_seed()), message, hashlib.sha256).hexdigest()
