"""Serves the connector API on a free port, with a database of its own, until it is told to stop.

Prints one line: where it is, the secret of events and a connector key. Only web: what is accepted
waits for a worker that does not come.
"""

import hashlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


class Quiet(WSGIRequestHandler):
    """Prints no line for each request."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Set up, serve, and remove what was made."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from config.new_secrets import connector_key, generate

    key, made = connector_key(), generate()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            made,
            ENV_FILE=os.devnull,
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=f"sqlite:///{folder}/service.sqlite3",
            # Nobody listens there: wake-ups are lost, which costs nothing but time.
            REDIS_URL="redis://127.0.0.1:9/0",
            OVICE_CONNECTOR_KEYS=hashlib.sha256(key.encode()).hexdigest(),
            LOG_LEVEL="CRITICAL",
        )
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from config.wsgi import application

        with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
            where = f"http://127.0.0.1:{server.server_port}"
            print(f"service={where} secret={made['OVICE_EVENT_SECRETS']} key={key}", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    main()
