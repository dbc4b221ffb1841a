"""``POST /v1/ovice/events`` and ``/v1/ovice/events/batch``: the HTTP side of taking in events."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from core.metrics import EVENTS, SKIPPED
from messaging.api.signed_bodies import signed_post
from messaging.ingest.batches import Item, ingest_batch
from messaging.ingest.events import Event, MalformedEventError, parse_event
from messaging.ingest.ingest import Result, Status, ingest
from messaging.ingest.parcel import parse_each, unpack


@signed_post(settings.EVENT_BODY_LIMIT)
def receive_event(body: bytes, webhook_id: str) -> HttpResponse:
    """Take in one signed event; see the connector API's documentation for the answers."""
    result = ingest(parse_event(body, event_id=webhook_id), body)
    _count(result)
    if result.status == Status.IGNORED:
        return HttpResponse(status=204)
    return JsonResponse(_answer(result), status=202)


@signed_post(settings.BATCH_BODY_LIMIT)
def receive_batch(body: bytes, _webhook_id: str) -> HttpResponse:
    """Take in up to 500 events under one signature, each of them accepted or refused on its own."""
    bodies = unpack(body)
    parsed = list(parse_each(bodies))
    items = [
        Item(event, own)
        for event, own in zip(parsed, bodies, strict=True)
        if isinstance(event, Event)
    ]
    results = ingest_batch(items)
    for result in results:
        _count(result)
    return JsonResponse({"results": _in_request_order(parsed, results)}, status=202)


def _count(result: Result | None) -> None:
    EVENTS.labels(result.status.value if result else "not_stored").inc()
    if result and result.status == Status.SKIPPED:
        SKIPPED.labels(str(result.reason)).inc()


def _in_request_order(
    parsed: Sequence[Event | MalformedEventError], results: Sequence[Result | None]
) -> list[dict[str, str | None]]:
    remaining = iter(results)
    return [
        {"id": None, "status": "refused", "reason": str(event)}
        if isinstance(event, MalformedEventError)
        else {"id": event.id, **_answer(next(remaining))}
        for event in parsed
    ]


def _answer(result: Result | None) -> dict[str, str]:
    if result is None:
        return {"status": "refused", "reason": "temporarily unavailable"}
    return {"status": result.status.value} | ({"reason": result.reason} if result.reason else {})
