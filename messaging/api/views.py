"""``POST /v1/ovice/events``: the HTTP side of taking in an event.

Every refusal of a signature looks the same and nothing of a request is echoed or logged.
"""

import logging
import time

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from psycopg_pool import PoolTimeout

from integrations.masterkeys import KeyMissingError
from integrations.standard_webhooks import BadSignatureError, verify
from messaging.events import MalformedEventError, parse_event
from messaging.ingest import Status, ingest

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30


@csrf_exempt
@require_POST
def receive_event(request: HttpRequest) -> HttpResponse:
    """Take in one signed event; see the connector API's documentation for the answers."""
    try:
        body = request.body
        event_id = verify(
            request.headers, body, secrets=settings.OVICE_EVENT_SECRETS, at=time.time()
        )
        result = ingest(parse_event(body, event_id=event_id), body)
    except RequestDataTooBig:
        return _refuse(413, f"larger than {settings.EVENT_BODY_LIMIT} bytes")
    except BadSignatureError:
        return _refuse(401, "unauthorized")
    except MalformedEventError as error:
        return _refuse(400, str(error))
    except (DatabaseError, PoolTimeout, KeyMissingError) as error:
        return _overloaded(error)
    if result.status == Status.IGNORED:
        return HttpResponse(status=204)
    answer = {"status": result.status.value} | ({"reason": result.reason} if result.reason else {})
    return JsonResponse(answer, status=202)


def _refuse(status: int, reason: str) -> JsonResponse:
    return JsonResponse({"error": reason}, status=status)


def _overloaded(error: Exception) -> JsonResponse:
    """Ask for the event again: it could not be stored, and only stored events are accepted."""
    logger.error("an event could not be stored: %s", type(error).__name__)
    refusal = _refuse(503, "temporarily unavailable")
    refusal.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return refusal
