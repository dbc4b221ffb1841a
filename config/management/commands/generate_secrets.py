"""`manage.py generate_secrets`: fresh values for the secrets that an instance makes itself."""

import base64
import secrets
from typing import Any

from django.core.management.base import BaseCommand

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
        "OVICE_EVENT_SECRETS": SECRET_PREFIX + random_base64(),
    }


class Command(BaseCommand):
    """Print fresh secrets; nothing is stored."""

    help = "Print fresh values for SECRET_KEY, ENCRYPTION_KEYS and OVICE_EVENT_SECRETS."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one NAME=value line each, ready for an .env file."""
        for name, value in generate().items():
            self.stdout.write(f"{name}={value}")
