"""A DM's trace has the id of its message, from acceptance to the platform's API, and no content."""

import subprocess
import sys

import pytest
from django.conf import settings

from config.observability.request_ids import begin, end, send_along
from core import tracing
from core.log_fields import SHAPES
from core.tracing import ids_of
from messaging.models import Delivery, DeliveryState
from tests.config.observability.test_request_ids import ID, task
from tests.factories import dm_event, post_event
from tests.messaging.draining import run

TEXT, SENDER = "canary text of a DM", "Canary Yamada"


@pytest.mark.django_db(transaction=True)
def test_one_trace_leads_from_the_event_to_the_call(spans, office, hanako):
    post_event(dm_event(hanako, text=TEXT))
    run(office)
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.DELIVERED
    found = spans()
    trace_id, span_id = ids_of(delivery.message_id)
    first, carried, call = (found[name] for name in ("accept", "deliver", "target call"))
    assert {span.context.trace_id for span in (first, carried, call)} == {trace_id}
    assert (first.context.span_id, first.parent) == (span_id, None)
    assert carried.parent.span_id == span_id
    assert call.parent.span_id == carried.context.span_id
    # The request has a trace of its own, since it may bring five hundred messages.
    assert [link.context.trace_id for link in first.links] == [found["request"].context.trace_id]
    assert found["request"].attributes["route"] == "ovice-events"


@pytest.mark.django_db(transaction=True)
def test_no_span_holds_content_addresses_or_what_an_exception_says(
    spans, office, hanako, monkeypatch
):
    post_event(dm_event(hanako, text=TEXT))

    def breaks(*_args, **_options):
        raise RuntimeError(TEXT)

    monkeypatch.setattr("integrations.workplace.client.GraphClient._exchange", breaks)
    run(office)
    found = spans()
    assert not found["target call"].status.is_ok
    assert found["target call"].attributes["error"] == "RuntimeError"
    shown = "".join(span.to_json() for span in found.values())
    assert [word for word in (TEXT, SENDER, "http", "example", "/v1") if word in shown] == []
    names = {name for span in found.values() for name in span.attributes}
    assert names <= set(SHAPES)


def test_a_task_goes_on_with_the_trace_of_what_woke_it(spans):
    headers: dict[str, str] = {}
    with tracing.span("request"):
        send_along(headers=headers)
    begin(task=task(**headers), task_id=ID)
    end(task=task(**headers), task_id=ID, state="SUCCESS")
    found = spans()
    assert found["task"].parent.span_id == found["request"].context.span_id
    assert found["task"].attributes["task"] == "messaging.tasks.sweep"


def test_without_an_endpoint_the_sdk_is_not_imported_and_a_span_does_nothing():
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "import django; django.setup()\n"
        "import config.wsgi, config.celery, core.tracing as tracing\n"
        "with tracing.span('request'): tracing.note(status=200)\n"
        "sys.exit('config.observability.tracing' in sys.modules)"
    )
    env = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=settings.BASE_DIR, check=False)
    assert done.returncode == 0
