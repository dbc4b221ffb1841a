"""`manage.py generate_secrets`: fresh values for the secrets that an instance makes itself."""

from typing import Any

from django.core.management.base import BaseCommand

from config.keys.secrets import generate


class Command(BaseCommand):
    """Print fresh secrets; nothing is stored."""

    help = "Print fresh values for the secrets that an instance makes itself."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one NAME=value line each, ready for an .env file."""
        for name, value in generate().items():
            self.stdout.write(f"{name}={value}")
