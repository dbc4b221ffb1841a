"""The webhook of a chat target: prove, store, answer; everything else happens later."""

from contextlib import suppress
from uuid import UUID

import structlog
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from psycopg_pool import PoolTimeout

from core.metrics import REFUSED
from integrations.connections.deafness import note_refused
from integrations.models import Installation
from integrations.targets.events import (
    Inbox,
    WebhookKeys,
    WebhookMalformed,
    WebhookRefused,
    keys_of_secret,
)
from integrations.targets.port import app_webhook_keys, open_inbox
from messaging.bot.receive import take_in

logger = structlog.stdlib.get_logger(__name__)

# A thousand updates, the most that one post holds, have well below a kilobyte each.
BODY_LIMIT = 1024 * 1024
RETRY_AFTER_SECONDS = 30


@csrf_exempt
@require_http_methods(["GET", "POST"])
def app_webhook(request: HttpRequest, target: str) -> HttpResponseBase:
    """Hear the webhooks of the app that many organizations install."""
    return _answer(request, target, app_webhook_keys(target), None)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def installation_webhook(
    request: HttpRequest, target: str, installation_id: UUID
) -> HttpResponseBase:
    """Hear the webhooks of one organization's own integration, signed with its own secret.

    The address stays good when a token is replaced: it finds the organization's live installation.
    """
    live = (
        Installation.objects.live()
        .filter(target=target, organization__installations=installation_id)
        .first()
    )
    secret = live.app_secret if live else None
    return _answer(request, target, keys_of_secret(secret or ""), live)


def _answer(
    request: HttpRequest, target: str, keys: WebhookKeys, only: Installation | None
) -> HttpResponse:
    inbox = open_inbox(target, keys)
    try:
        if request.method == "GET":
            return HttpResponse(inbox.challenge(request.GET.dict()), content_type="text/plain")
        return _take_in(request, target, inbox, only)
    except WebhookRefused:
        REFUSED.labels("webhook").inc()
        if only is not None and request.method == "POST":
            with suppress(DatabaseError, PoolTimeout):
                note_refused(only)
        # The same for every reason, also for an installation that does not exist.
        return HttpResponseForbidden()
    except WebhookMalformed:
        return HttpResponse(status=400)
    except (DatabaseError, PoolTimeout) as error:
        # The target sends it again.
        logger.warning("webhook updates could not be stored", error=type(error).__name__)
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _take_in(
    request: HttpRequest, target: str, inbox: Inbox, only: Installation | None
) -> HttpResponse:
    # Not request.body: its limit is that of a single event.
    body = request.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return HttpResponse(status=413)
    take_in(target, inbox.read(body, request.headers), only=only)
    return HttpResponse()
