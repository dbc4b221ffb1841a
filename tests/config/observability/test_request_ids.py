"""One id runs from a request through the tasks it wakes; what happened is counted by names."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from celery.app.task import Context
from django.http import HttpResponse
from django.test import Client, RequestFactory
from kombu import Connection
from prometheus_client import REGISTRY
from structlog.contextvars import bound_contextvars, clear_contextvars, get_contextvars

from config.observability.request_ids import (
    HEADER,
    CorrelationMiddleware,
    begin,
    end,
    send_along,
)
from tests.plugins.log_lines import read

pytestmark = pytest.mark.services

ID = "01a21e03-546a-7261-a8b5-b081e23be3a7"


def task(**headers: str) -> Any:
    return SimpleNamespace(name="messaging.tasks.sweep", request=Context(headers))


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_an_answer_shows_the_id_of_its_request_and_nothing_of_it_stays():
    first, second = (Client().get("/").headers["X-Request-ID"] for _ in range(2))
    assert UUID(first) != UUID(second)
    assert get_contextvars() == {}


def test_a_task_gets_the_id_of_the_request_that_woke_it_in_its_headers():
    headers: dict[str, str] = {}
    with bound_contextvars(request=ID):
        send_along(headers=headers)
    assert headers == {HEADER: ID}
    begin(task=task(**headers), task_id=ID)
    assert get_contextvars() == {
        "task": "messaging.tasks.sweep",
        "task_id": ID,
        "request": ID,
    }
    end(task=task(**headers), task_id=ID, state="SUCCESS")
    assert get_contextvars() == {}


def test_the_id_travels_in_the_messages_headers_and_not_in_its_body():
    with bound_contextvars(request=ID), Connection("memory://") as broker:
        current_app.send_task("messaging.tasks.sweep", connection=broker, queue="headers")
        message = broker.SimpleQueue("headers").get(timeout=5)
    assert ID not in str(message.body)
    begin(task=task(**message.headers), task_id=ID)
    assert get_contextvars()["request"] == ID
    end(task=task(), task_id=ID, state="SUCCESS")


def test_a_task_of_beats_has_no_request():
    headers: dict[str, str] = {}
    clear_contextvars()
    send_along(headers=headers)
    assert headers == {}
    begin(task=task(), task_id=ID)
    assert "request" not in get_contextvars()
    end(task=task(), task_id=ID, state="SUCCESS")


def test_tasks_and_requests_are_counted_by_name():
    labels = {"task": "messaging.tasks.sweep", "outcome": "failure"}
    before = counted("kotozute_tasks_total", **labels)
    end(task=task(), task_id=ID, state="FAILURE")
    assert counted("kotozute_tasks_total", **labels) == before + 1
    seen = {"route": "home", "status": "200"}
    before = counted("kotozute_http_requests_total", **seen)
    Client().get("/")
    assert counted("kotozute_http_requests_total", **seen) == before + 1


@pytest.mark.parametrize("path", ["/nothing/here", "/removal/0123456789abcdef0123456789abcdef"])
@pytest.mark.django_db
def test_no_address_becomes_a_label(path):
    Client().get(path)
    labels = [
        sample.labels["route"]
        for metric in REGISTRY.collect()
        if metric.name == "kotozute_http_requests"
        for sample in metric.samples
    ]
    assert not any("/" in label or "0123" in label for label in labels)


def test_a_failed_request_is_a_line_without_its_address(rf: RequestFactory, log_lines):
    failing = CorrelationMiddleware(lambda _request: HttpResponse(status=503))
    failing(rf.get("/launch?token=canary"))
    (line,) = [line for line in read(log_lines) if line["event"] == "request"]
    assert (line["status"], line["method"], line["route"]) == (503, "GET", "none")
    assert "request" in line
    assert "canary" not in "".join(log_lines)
