"""Fail fast: requests end soon and say when to come again, while what they need is away."""

import sys
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader
from django.views.defaults import server_error
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from config.postgresql.breaker import ANSWER_SECONDS, in_a_hurry

logger = structlog.stdlib.get_logger(__name__)

# Errors that say that the database or Redis is away, and nothing about the request.
AWAY = (OperationalError, InterfaceError, PoolTimeout, RedisError)
RETRY_AFTER_SECONDS = 30


class HurryMiddleware:
    """Marks what runs inside as a request, which does not wait for the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        with in_a_hurry():
            return self._get_response(request)


def hurry_pool() -> None:
    """Let nobody of this process wait longer for a connection than a request may."""
    if connection.vendor == "postgresql":
        connection.pool.timeout = ANSWER_SECONDS  # type: ignore[attr-defined] # PostgreSQL's


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised: 503 where something is away just now, else 500."""
    error = sys.exception()
    if not isinstance(error, AWAY):
        return server_error(request)
    logger.warning("a request failed for what is away", error=type(error).__name__)
    answer = _unavailable(request)
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    answer.headers["Cache-Control"] = "no-store"
    # Django would log it as a fault of ours, with each request anew.
    answer._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001 - Django's own mark
    return answer


def _unavailable(request: HttpRequest) -> HttpResponse:
    if request.accepts("text/html") and not request.path.startswith("/v1/"):
        # Without the request: what the page's head says of the visitor is in the database.
        return HttpResponse(loader.get_template("503.html").render(), status=503)
    return JsonResponse({"error": "temporarily unavailable"}, status=503)
