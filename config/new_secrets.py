"""Fresh values for the secrets that an instance makes itself."""

import base64
import secrets

from integrations.masterkeys import KEY_BYTES
from integrations.standard_webhooks import SECRET_PREFIX


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
