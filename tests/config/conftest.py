"""Where logs, reports and traces go: into lists, as they would leave the process."""

import logging
from collections.abc import Callable, Iterator

import pytest
import sentry_sdk
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.transport import Transport

from config.observability.reports import Reports, start_reports
from config.observability.tracing import new_provider


@pytest.fixture
def sent() -> Iterator[list[bytes]]:
    """Everything that would leave for Sentry, as the bytes of its envelopes."""
    envelopes: list[bytes] = []

    class Kept(Transport):
        def capture_envelope(self, envelope):
            envelopes.append(envelope.serialize())

    start_reports("https://public@sentry.example.com/1", transport=Kept)
    handler = Reports(level=logging.ERROR)
    logging.getLogger().addHandler(handler)
    yield envelopes
    logging.getLogger().removeHandler(handler)
    sentry_sdk.get_client().close()
    sentry_sdk.init(default_integrations=False, auto_enabling_integrations=False)


@pytest.fixture(scope="session")
def span_exporter() -> InMemorySpanExporter:
    """Collect spans from here on; a process can be given a provider only once."""
    exporter, provider = InMemorySpanExporter(), new_provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(span_exporter) -> Callable[[], dict[str, ReadableSpan]]:
    """Return a function that returns the finished spans, by name."""
    span_exporter.clear()
    return lambda: {span.name: span for span in span_exporter.get_finished_spans()}


@pytest.fixture
def hanako(office, settings, monkeypatch):
    """A linked member in an office with one lane, whom no broker is told of."""
    settings.RELAY_LANES = 1
    monkeypatch.setattr("messaging.ingest.accept.wake_all", lambda *_: 0)
    return office.join("Hanako")
