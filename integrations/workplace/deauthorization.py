"""Workplace's calls about removals: an uninstall, and a request to delete somebody's data.

Nothing is read before it is verified, every refusal is the same and says nothing, and what a
request contained is never logged or echoed: the platform's own sample did, and so signed anything
for anybody.
"""

from collections.abc import Callable
from urllib.parse import parse_qs

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import strict_json
from core.metrics import REFUSED, SIGNED_REQUESTS
from integrations.removal.uninstall import request_deletion, status_url, uninstall
from integrations.workplace.signed_request import (
    BadSignedRequest,
    SignedRequest,
    read_signed_request,
)

TARGET = "workplace"
_FIELD = "signed_request"
_MOST_FIELDS = 8


def _verified(act: Callable[[SignedRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view of ``act``, which is called with what the app's secret has proven."""

    @csrf_exempt
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        try:
            signed = read_signed_request(_given(request), settings.WORKPLACE_APP_SECRET, at=now())
            return act(signed)
        except (BadSignedRequest, RequestDataTooBig, UnreadablePostError):
            SIGNED_REQUESTS.labels("refused").inc()
            REFUSED.labels("signed_request").inc()
            return JsonResponse({"error": "bad request"}, status=400)

    return view


@_verified
def deauthorize(signed: SignedRequest) -> HttpResponse:
    """Act on an uninstall; one that is not ours, or is old, gets the same 200 (dossier 8.4)."""
    if not signed.community_id:
        raise BadSignedRequest("A signed_request was refused.")
    # The time of something else says nothing about an uninstall.
    issued_at = None if signed.of_linking else signed.issued_at
    outcome = uninstall(TARGET, signed.community_id, issued_at=issued_at, digest=signed.digest)
    SIGNED_REQUESTS.labels(outcome.value).inc()
    return JsonResponse({})


@_verified
def delete_data(signed: SignedRequest) -> HttpResponse:
    """Answer Meta's data-deletion callback in its form: where to follow it, and the code (8.5)."""
    if not signed.user_id or signed.community_id:
        raise BadSignedRequest("A signed_request was refused.")
    removal = request_deletion(
        TARGET, account_id=signed.user_id, issued_at=signed.issued_at, digest=signed.digest
    )
    SIGNED_REQUESTS.labels("deletion").inc()
    return JsonResponse(
        {"url": status_url(removal), "confirmation_code": removal.confirmation_code}
    )


def _given(request: HttpRequest) -> str:
    """Return the one ``signed_request`` of a form of either kind, or of a JSON object.

    Nothing where there is none, or more than one.
    """
    body = request.body
    try:
        if request.content_type == "application/json":
            document = strict_json.load(body)
            value = document.get(_FIELD) if isinstance(document, dict) else None
        elif request.content_type == "multipart/form-data":
            value = _only(request.POST.getlist(_FIELD))
        else:
            fields = parse_qs(body.decode("ascii"), max_num_fields=_MOST_FIELDS)
            value = _only(fields.get(_FIELD, []))
    except (ValueError, MultiPartParserError, SuspiciousOperation):
        return ""
    return value.strip() if isinstance(value, str) else ""


def _only(values: list[str]) -> str | None:
    return values[0] if len(values) == 1 else None
