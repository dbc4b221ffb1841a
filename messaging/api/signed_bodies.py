"""Signed request bodies, shared by every endpoint that ovice posts to.

Every refusal of a signature looks the same and nothing of a request is echoed or logged.
"""

import time
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.metrics import REFUSED
from integrations.ovice.webhooks import BadSignatureError, verify
from messaging.api.responses import PASSING, ask_again, refuse
from messaging.ingest.events import MalformedEventError

# Works on a body that is proven to be ovice's, and on the webhook id it came under.
Work = Callable[[bytes, str], HttpResponse]


def signed_post(limit: int) -> Callable[[Work], Callable[[HttpRequest], HttpResponse]]:
    """Make a view of ``Work``: read at most ``limit`` bytes, verify them, translate what fails."""

    def decorate(work: Work) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @require_POST
        @wraps(work)
        def view(request: HttpRequest) -> HttpResponse:
            try:
                body = _read(request, limit)
                secrets = settings.OVICE_EVENT_SECRETS
                webhook_id = verify(request.headers, body, secrets=secrets, at=time.time())
                return work(body, webhook_id)
            except RequestDataTooBig:
                return refuse(413, f"larger than {limit} bytes")
            except BadSignatureError:
                REFUSED.labels("events").inc()
                return refuse(401, "unauthorized")
            except MalformedEventError as error:
                return refuse(400, str(error))
            except PASSING as error:
                return ask_again(error)

        return view

    return decorate


def _read(request: HttpRequest, limit: int) -> bytes:
    """Return the body; Django's own limit is one for all views, and too small for a batch."""
    body = request.read(limit + 1)
    if len(body) > limit:
        raise RequestDataTooBig
    return body
