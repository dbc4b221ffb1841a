"""OpenTelemetry's SDK, sending spans to ``OTEL_EXPORTER_OTLP_ENDPOINT``; imported only with it."""

from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult

from core.tracing import given_ids


def start_tracing() -> None:
    """Collect spans and send them, by the standard ``OTEL_`` variables."""
    provider = new_provider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def new_provider() -> TracerProvider:
    """Return a provider that gives a message's spans the ids and the sampling of their message."""
    resource = Resource.create({"service.name": "kotozute"})
    provider = TracerProvider(resource=resource, id_generator=_Ids())
    provider.sampler = _OneDecision(provider.sampler)
    return provider


class _Ids(IdGenerator):
    """Random ids, but for the first span of a message."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        """Return the trace's id."""
        given = given_ids.get()
        return given[0] if given else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the span's id."""
        given = given_ids.get()
        return given[1] if given else self._random.generate_span_id()


class _OneDecision(Sampler):
    """The configured sampler, which decides by the trace's id alone where a trace goes on.

    The sender of a message knows its trace and not what was decided about its first span.
    """

    def __init__(self, configured: Sampler) -> None:
        self._configured = configured

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, *args: Any, **named: Any
    ) -> SamplingResult:
        """Decide as for a first span, unless the parent is a span of this process."""
        parent = trace.get_current_span(parent_context).get_span_context()
        context = None if parent.is_remote else parent_context
        return self._configured.should_sample(context, trace_id, name, *args, **named)

    def get_description(self) -> str:
        """Return the name of the configured sampler."""
        return self._configured.get_description()
