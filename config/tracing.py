"""Traces by OpenTelemetry, sent to ``OTEL_EXPORTER_OTLP_ENDPOINT``; imported only if that is set.

Nothing is traced by wrapping libraries, which would write down addresses and SQL: the spans are our
own, and have the fields that a log line may have. What an exception says is not kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from integrations import tracing
from integrations.logfields import known

_LOW = (1 << 64) - 1
_NANO = 1_000_000_000


def start_tracing() -> None:
    """Collect traces and send them, by the standard ``OTEL_`` variables."""
    provider = new_provider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing.use(OpenTelemetry(provider))


def new_provider() -> TracerProvider:
    """Return a provider that gives a message's first span the ids that follow from the message."""
    return TracerProvider(
        resource=Resource.create({"service.name": "kotozute"}), id_generator=_Ids()
    )


# The ids that the next span gets instead of random ones: of the first span of a message.
_given: ContextVar[tuple[int, int] | None] = ContextVar("given", default=None)


class _Ids(IdGenerator):
    """Random ids, but for the first span of a message."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        """Return the trace's id."""
        given = _given.get()
        return given[0] if given else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the span's id."""
        given = _given.get()
        return given[1] if given else self._random.generate_span_id()


def ids_of(message_id: UUID) -> tuple[int, int]:
    """Return the ids of a message's trace and of its first span; the low bits are random."""
    return message_id.int, message_id.int & _LOW


class OpenTelemetry:
    """The spans of ``integrations.tracing``."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("kotozute")
        self._headers = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, fields: Mapping[str, object]) -> Iterator[None]:
        """Open a span in the trace of this context, or a new trace."""
        with self._opened(name, fields):
            yield

    @contextmanager
    def span_of_message(
        self, name: str, message_id: UUID, fields: Mapping[str, object]
    ) -> Iterator[None]:
        """Open a span in the trace of a message, with a link to what is going on around it."""
        trace_id, span_id = ids_of(message_id)
        decision = self._provider.sampler.should_sample(None, trace_id, name).decision
        flags = trace.TraceFlags(
            trace.TraceFlags.SAMPLED if decision is Decision.RECORD_AND_SAMPLE else 0
        )
        first = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        parent = trace.set_span_in_context(NonRecordingSpan(first))
        with self._opened(name, fields, parent=parent, links=_around()):
            yield

    def begin_message(
        self, message_id: UUID, since: datetime, fields: Mapping[str, object]
    ) -> None:
        """Write the first span of a message's trace, from ``since`` to now."""
        links = _around()
        token = _given.set(ids_of(message_id))
        try:
            span = self._tracer.start_span(
                "accept",
                context=trace.set_span_in_context(trace.INVALID_SPAN),
                attributes=_attributes({"message": message_id, **fields}),
                links=links,
                start_time=int(since.timestamp() * _NANO),
            )
        finally:
            _given.reset(token)
        span.end()

    def note(self, fields: Mapping[str, object]) -> None:
        """Add fields to the span that is open."""
        trace.get_current_span().set_attributes(_attributes(fields))

    def carried(self) -> dict[str, str]:
        """Return the ``traceparent`` of the span that is open."""
        headers: dict[str, str] = {}
        self._headers.inject(headers)
        return headers

    @contextmanager
    def span_from(
        self, headers: Mapping[str, str], name: str, fields: Mapping[str, object]
    ) -> Iterator[None]:
        """Open a span in the trace that ``headers`` speak of, or a new one."""
        with self._opened(name, fields, parent=self._headers.extract(dict(headers))):
            yield

    @contextmanager
    def _opened(
        self,
        name: str,
        fields: Mapping[str, object],
        *,
        parent: Context | None = None,
        links: list[Link] | None = None,
    ) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            attributes=_attributes(fields),
            links=links,
            # Both would write down what an exception says.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                _fail(span, error)
                raise


def _fail(span: Span, error: BaseException) -> None:
    span.set_status(Status(StatusCode.ERROR))
    span.set_attributes(_attributes({"error": type(error).__name__}))


def _around() -> list[Link]:
    current = trace.get_current_span().get_span_context()
    return [Link(current)] if current.is_valid else []


def _attributes(fields: Mapping[str, object]) -> dict[str, str | float]:
    return {
        name: value for name, value in known(fields).items() if isinstance(value, str | int | float)
    }
