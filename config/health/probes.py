"""Probes for machines: is the process alive, may it be sent requests, what has it counted?

These are answered before everything else, so that whoever runs the process may ask under any name
and without TLS, and no session or language is looked up for them.
"""

import json
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

from config.health.readiness import OK, Readiness, verdict
from config.metrics.endpoint import metrics

readiness = Readiness()

# Headers that the middleware behind would have set, for a probe that is opened in a browser.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process serves requests; asks no other part."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest, name: str = "") -> HttpResponse:
    """Answer 200 if this process may be sent requests; with ``name`` for one dependency alone."""
    found = readiness.ask()
    if name:
        if name not in found:
            raise Http404
        return _told({name: found[name]}, good=found[name] == OK)
    word = verdict(found)
    return _told({"status": word, **found}, good=word != "not ready")


def _told(lines: dict[str, str], *, good: bool) -> HttpResponse:
    text = ",\n ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in lines.items())
    status = 200 if good else 503
    return HttpResponse(f"{{{text}}}\n", content_type="application/json", status=status)


class ProbeMiddleware:
    """Answers the probes; comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or pass the request on."""
        answer = _answer(request)
        if answer is None:
            return self._get_response(request)
        for name, value in HEADERS.items():
            answer.headers[name] = value
        return answer


def _answer(request: HttpRequest) -> HttpResponse | None:
    head, _, rest = request.path_info.removeprefix("/").partition("/")
    match head, rest:
        case "healthz", "":
            return healthz(request)
        case "metrics", "":
            return metrics(request)
        case "readyz", name:
            try:
                return readyz(request, name)
            except Http404:
                return HttpResponseNotFound()
    return None
