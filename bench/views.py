"""The views that the acceptance is compared with, behind the same server and middleware."""

import json

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bench.models import ObviousDm, PlainEvent
from bench.obvious import send


@csrf_exempt
def one_insert(request: HttpRequest) -> JsonResponse:
    """Store the body by one ORM INSERT, which commits by itself."""
    PlainEvent.objects.create(body=request.body.decode())
    return JsonResponse({"status": "accepted"}, status=202)


@csrf_exempt
def obvious(request: HttpRequest) -> JsonResponse:
    """Accept a DM as the obvious design does: a row, then a task."""
    data = json.loads(request.body)["data"]
    dm = ObviousDm.objects.create(
        recipient=data["recipients"][0]["id"], text=data["message"]["text"]
    )
    send.delay(dm.pk)
    return JsonResponse({"status": "accepted"}, status=202)
