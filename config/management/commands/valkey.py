"""`manage.py valkey`: run the embedded Valkey in the foreground, where REDIS_URL's default is."""

import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.valkey import default_socket, start_valkey


class Command(BaseCommand):
    """Serve the default broker until Ctrl-C."""

    help = "Run the embedded Valkey on this checkout's private socket (not for production)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Start it, say where, and wait."""
        socket: Path = default_socket(settings.BASE_DIR)
        try:
            process = start_valkey(socket)
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Valkey listens on {socket}. Stop it with Ctrl-C.")
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
