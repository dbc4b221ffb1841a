"""Correlation ids: one for every line, report and count of a request, and of the tasks it wakes.

A request gets an id, which its answer shows (``X-Request-ID``). It travels to tasks in a header of
theirs, never as an argument: nothing that is carried out depends on it.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from uuid_utils.compat import uuid7

from core import tracing
from core.metrics import REQUEST_SECONDS, REQUESTS, TASKS

logger = structlog.stdlib.get_logger(__name__)

HEADER = "kotozute_request"
# Slower answers are worth a line.
SLOW_SECONDS = 2.0
_SERVER_ERROR = 500

# The open span of each task that is under way in this process.
_spans: dict[str, AbstractContextManager[None]] = {}


class CorrelationMiddleware:
    """Gives each request its id, and counts it; logs what failed and what was slow."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        clear_contextvars()
        name, began = str(uuid7()), time.monotonic()
        bind_contextvars(request=name)
        try:
            answer = self._traced(request)
            took = time.monotonic() - began
            route = route_of(request)
            REQUESTS.labels(route, answer.status_code).inc()
            REQUEST_SECONDS.labels(route).observe(took)
            if answer.status_code >= _SERVER_ERROR or took > SLOW_SECONDS:
                logger.warning(
                    "request",
                    route=route,
                    method=request.method,
                    status=answer.status_code,
                    ms=round(took * 1000),
                )
            answer.headers["X-Request-ID"] = name
        finally:
            clear_contextvars()
        return answer

    def _traced(self, request: HttpRequest) -> HttpResponse:
        with tracing.span("request", method=request.method):
            answer = self._get_response(request)
            tracing.note(route=route_of(request), status=answer.status_code)
        return answer


def route_of(request: HttpRequest) -> str:
    """Return the name of the view that answers; the portal's many pages share one."""
    match = request.resolver_match
    if match is None:
        return "none"
    if match.namespaces:
        return str(match.namespaces[0])
    return str(match.url_name or "unnamed").lower()


@before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **_: object) -> None:
    """Let a task know which request woke it."""
    request = get_contextvars().get("request")
    if headers is not None:
        headers.update({HEADER: request} if request else {}, **tracing.carried())


@task_prerun.connect
def begin(task: "Task[Any, Any]", task_id: str, **_: object) -> None:
    """Note whose lines follow in this thread."""
    clear_contextvars()
    bind_contextvars(task=task.name, task_id=task_id)
    headers = _headers_of(task)
    if HEADER in headers:
        bind_contextvars(request=headers[HEADER])
    opened = tracing.span_from(headers, "task", task=task.name, task_id=task_id)
    opened.__enter__()
    _spans[task_id] = opened


@task_postrun.connect
def end(task: "Task[Any, Any]", task_id: str, state: str = "", **_: object) -> None:
    """Count the task, and forget whose lines they were."""
    TASKS.labels(task.name, (state or "unknown").lower()).inc()
    if opened := _spans.pop(task_id, None):
        opened.__exit__(None, None, None)
    clear_contextvars()


def _headers_of(task: "Task[Any, Any]") -> dict[str, str]:
    """Return what ``send_along`` gave to this task; Celery keeps unknown headers by their names."""
    names = (HEADER, "traceparent", "tracestate")
    given = {name: task.request.get(name) for name in names}
    return {name: value for name, value in given.items() if isinstance(value, str)}
