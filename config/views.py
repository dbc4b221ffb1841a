"""The front page, and the answer to "is the process alive?"."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this service is, to somebody who came here by its bare address."""
    return render(request, "home.html")


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process serves requests; asks no other part."""
    return HttpResponse("ok\n", content_type="text/plain")
