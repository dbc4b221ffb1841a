"""`manage.py connector_key`: a fresh key with which ovice asks for link states."""

import hashlib
from typing import Any

from django.core.management.base import BaseCommand

from config.keys.secrets import connector_key


class Command(BaseCommand):
    """Print a key and its hash; nothing is stored."""

    help = "Print a fresh key for ovice, and the hash of it that OVICE_CONNECTOR_KEYS wants."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print two lines: for ovice, and for this instance."""
        key = connector_key()
        self.stdout.write(f"for ovice:  {key}")
        self.stdout.write(f"for .env:   {hashlib.sha256(key.encode()).hexdigest()}")
