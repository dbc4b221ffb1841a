"""Serves the connector API on a free port, with a database of its own, until it is told to stop.

`make postman` runs it. It prints one line: where it is, the secret of events and a connector key.
Only web runs: what is accepted waits for a worker that does not come.
"""

import base64
import hashlib
import os
import secrets
import signal
import sys
import tempfile
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

STOP = {signal.SIGTERM, signal.SIGINT}


class Quiet(WSGIRequestHandler):
    """Prints no line for each request."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def random_base64() -> str:
    """Return 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def settings(folder: str, event_secret: str, key: str) -> dict[str, str]:
    """Return the environment of a service that keeps everything in this folder."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": random_base64(),
        "RECEIPT_SIGNING_KEY": random_base64(),
        "OVICE_EVENT_SECRETS": event_secret,
        "OVICE_CONNECTOR_KEYS": hashlib.sha256(key.encode()).hexdigest(),
        "BASE_URL": "http://127.0.0.1:8000",
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{folder}/service.sqlite3",
        # No server listens there: wake-ups are lost, which costs nothing but time.
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "LOG_LEVEL": "CRITICAL",
    }


def serve(application: WSGIHandler, said: str) -> None:
    """Serve until one of STOP comes; say first where, and then this."""
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        sys.stdout.write(f"service=http://127.0.0.1:{server.server_port} {said}\n")
        sys.stdout.flush()
        signal.sigwait(STOP)
        server.shutdown()
        serving.join()


def main() -> None:
    """Set up, serve, and remove what was made."""
    # Blocked from the start, also in threads: it waits until what must be removed has been made.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    key, event_secret = secrets.token_urlsafe(32), "whsec_" + random_base64()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder, event_secret, key))
        application = get_wsgi_application()
        call_command("migrate", verbosity=0)
        serve(application, f"secret={event_secret} key={key}")


if __name__ == "__main__":
    main()
