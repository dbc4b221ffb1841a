"""``/metrics``, and a worker's own at a port: who may read them, and what they hold.

``METRICS_TOKEN`` opens it. Without a token nobody may, but this machine itself while
``BASE_URL`` is on it, for a try.
"""

import hmac
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from config.checks.settings import in_production
from config.metrics.collector import Truth


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show what all processes that share a folder have counted, and what the database holds."""
    if not may_read(request.headers.get("Authorization", ""), _peer(request)):
        # As if it were not there.
        return HttpResponseNotFound()
    return HttpResponse(exposition(with_truth=True), content_type=CONTENT_TYPE_LATEST)


def may_read(authorization: str, peer: str) -> bool:
    """Return whether somebody at address ``peer`` with this header may read the metrics."""
    token = settings.METRICS_TOKEN
    if token:
        return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())
    return not in_production() and _is_loopback(peer)


def exposition(*, with_truth: bool) -> bytes:
    """Return the metrics as text; ``with_truth`` adds what is asked of the database and Redis."""
    shared = bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))
    registry = CollectorRegistry()
    if shared:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # has no types
    counted = generate_latest(registry if shared else REGISTRY)
    if not with_truth:
        return counted
    asked = CollectorRegistry()
    asked.register(Truth())
    return counted + generate_latest(asked)


def _peer(request: HttpRequest) -> str:
    """Return who asks; whoever comes through a proxy is nobody of this machine."""
    forwarded = {"X-Forwarded-For", "Forwarded"} & set(request.headers)
    return "" if forwarded else str(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False


class _Handler(BaseHTTPRequestHandler):
    """Answers a worker's ``/metrics``."""

    timeout = 5

    def do_GET(self) -> None:
        """Answer one scrape."""
        allowed = may_read(self.headers.get("Authorization", ""), self.client_address[0])
        found = allowed and self.path == "/metrics"
        body = exposition(with_truth=False) if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: a request line may hold anything."""


def serve_metrics(address: str) -> ThreadingHTTPServer:
    """Serve this process's own counts at ``address`` (``host:port``) beside its work."""
    host, _, port = address.rpartition(":")
    server = ThreadingHTTPServer((host.strip("[]"), int(port)), _Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
