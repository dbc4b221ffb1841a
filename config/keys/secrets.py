"""Fresh values for the secrets that an instance makes itself.

A connector key can be recognised by scanners, and told from a look-alike by its checksum; so one
that was committed or posted by mistake is found. ``docs/security/secrets.md`` publishes the form.
"""

import base64
import secrets
import string
import zlib

from integrations.encryption.master_keys import KEY_BYTES
from integrations.ovice.webhooks import SECRET_PREFIX

CONNECTOR_PREFIX = "kotozute_ck_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def random_base64() -> str:
    """Return 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def generate() -> dict[str, str]:
    """Return a fresh value for each secret, by the name of its variable."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": random_base64(),
        "RECEIPT_SIGNING_KEY": random_base64(),
        "OVICE_EVENT_SECRETS": SECRET_PREFIX + random_base64(),
    }


def connector_key() -> str:
    """Return a fresh key for ovice: a prefix, 40 random characters (238 bits), and a checksum."""
    chosen = "".join(secrets.choice(_DIGITS) for _ in range(40))
    return CONNECTOR_PREFIX + chosen + checksum(chosen)


def checksum(text: str) -> str:
    """Return the CRC-32 of ``text`` in six digits of base 62: it protects from slips, no more."""
    rest, found = zlib.crc32(text.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, len(_DIGITS))
        found = _DIGITS[digit] + found
    return found
