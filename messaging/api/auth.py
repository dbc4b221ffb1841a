"""Connector-key authentication, shared by the endpoints that ovice asks.

Every refusal of a key looks the same. Keys are known by their SHA-256 alone; several may be active
while one is rotated.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from redis.exceptions import RedisError

from core.metrics import REFUSED
from messaging.api.lookup import is_id
from messaging.api.responses import PASSING, ask_again, refuse

View = Callable[..., HttpResponse]

WINDOW_SECONDS = 60
MAX_AGE_SECONDS = 30
_BEARER = re.compile(r"Bearer +([!-~]{1,512}) *", re.IGNORECASE)


def connector_endpoint(*methods: str) -> Callable[[View], View]:
    """Make a view that serves ``methods`` to whoever has a connector key, at a bounded rate.

    Identifiers in the address are ovice's.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @require_http_methods(methods)
        @wraps(view)
        def guarded(request: HttpRequest, **where: str) -> HttpResponse:
            key = _key_of(request)
            if key is None:
                REFUSED.labels("connector").inc()
                refusal = refuse(401, "unauthorized")
                refusal.headers["WWW-Authenticate"] = "Bearer"
                return refusal
            if wait := _seconds_to_wait(key):
                refusal = refuse(429, "too many requests")
                refusal.headers["Retry-After"] = str(wait)
                return refusal
            for name, value in where.items():
                if not is_id(value):
                    return refuse(400, f"{name} is no identifier")
            try:
                return _cacheable(request, view(request, **where))
            except PASSING as error:
                return ask_again(error)

        return guarded

    return decorate


def _key_of(request: HttpRequest) -> str | None:
    """Return the hash of the key the request carries, if it is an active one."""
    given = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    digest = hashlib.sha256(given[1].encode() if given else b"").hexdigest()
    # All are compared, so that the time taken does not tell which of them matched.
    matches = [hmac.compare_digest(digest, active) for active in settings.OVICE_CONNECTOR_KEYS]
    return digest if given and any(matches) else None


def _seconds_to_wait(key: str) -> int:
    """Count a request of ``key``; return how long to wait when there were too many."""
    at = time.time()
    window = int(at // WINDOW_SECONDS)
    counter = f"connector:{key[:16]}:{window}"
    try:
        cache.add(counter, 0, 2 * WINDOW_SECONDS)
        count = cache.incr(counter)
    except (RedisError, ValueError):
        # Without the counters ovice is still served; they protect against its mistakes only.
        return 0
    end = (window + 1) * WINDOW_SECONDS
    return max(1, round(end - at)) if count > settings.CONNECTOR_REQUESTS_PER_MINUTE else 0


def _cacheable(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Let ovice, and nobody between, keep an answer for a moment and ask whether it still holds."""
    answer.headers["Cache-Control"] = "no-store"
    if answer.status_code != HTTPStatus.OK:
        return answer
    answer.headers["Cache-Control"] = f"private, max-age={MAX_AGE_SECONDS}"
    patch_vary_headers(answer, ["Authorization"])
    if request.method != "GET":
        return answer
    etag = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    answer.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=answer) or answer
