"""How gunicorn serves this project: `gunicorn -c python:config.gunicorn`."""

import os

from config.checks.soundness import require_sound_settings

# First, since it decides where counts go.
from config.metrics import multiprocess  # noqa: F401 - importing it is what counts
from config.observability.logging import to_stderr

wsgi_app = "config.wsgi"
worker_class = "config.web_worker.WebWorker"
workers = 2
threads = 4
# A request line may hold a one-time code; there is no access log.
accesslog = None
control_socket_disable = True
# For its first line only; then the settings are read.
logconfig_dict = to_stderr("INFO", os.environ.get("LOG_FORMAT") or "json")
# Nothing is taken over from a proxy but the scheme, which gunicorn reads by itself.
forwarder_headers = ""


def post_worker_init(_worker: object) -> None:
    """Let this process take its turn at the audit, and make it ready for its first request."""
    # Only now: Django is set up by the application, in each process anew.
    from config.http.fail_fast import hurry_pool  # noqa: PLC0415 - as below
    from config.metrics.settled_heap import spare_what_stays  # noqa: PLC0415 - once the worker is forked
    from messaging.monitoring.watch import start  # noqa: PLC0415 - as above

    hurry_pool()
    spare_what_stays(with_pages=True)
    start()


def on_starting(_server: object) -> None:
    """Refuse to serve with settings that a system check calls wrong."""
    require_sound_settings()
