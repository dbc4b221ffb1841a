"""Spans of OpenTelemetry's API, without effect where no SDK collects them.

A DM's trace has the id of its message: whoever accepts it and whoever sends it, on whichever
machine and however much later, know the trace without being told. Libraries are not wrapped, which
would write down addresses and SQL: a span has the fields that a log line may have, and nothing of
an exception but its class.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.log_fields import known

_LOW = (1 << 64) - 1
_NANO = 1_000_000_000
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)
_tracer = trace.get_tracer("kotozute")
_headers = TraceContextTextMapPropagator()

# The ids that the SDK gives the next span instead of random ones: those of a message.
given_ids: ContextVar[tuple[int, int] | None] = ContextVar("given_ids", default=None)


def ids_of(message_id: UUID) -> tuple[int, int]:
    """Return the ids of a message's trace and of its first span; the low bits are random."""
    return message_id.int, message_id.int & _LOW


@contextmanager
def span(name: str, **fields: object) -> Iterator[None]:
    """Have what is done inside appear in the trace; ``name`` is a literal."""
    with _opened(name, fields):
        yield


@contextmanager
def span_of_message(name: str, message_id: UUID, **fields: object) -> Iterator[None]:
    """Have what is done inside appear in the trace of this message, linked to what is around it."""
    trace_id, span_id = ids_of(message_id)
    first = SpanContext(trace_id, span_id, is_remote=True, trace_flags=_SAMPLED)
    parent = trace.set_span_in_context(NonRecordingSpan(first))
    with _opened(name, fields, parent=parent, links=_around()):
        yield


@contextmanager
def span_from(headers: Mapping[str, str], name: str, **fields: object) -> Iterator[None]:
    """Have what is done inside appear in the trace that another process began."""
    with _opened(name, fields, parent=_headers.extract(dict(headers))):
        yield


def begin_message(message_id: UUID, since: datetime, **fields: object) -> None:
    """Write the first span of a message's trace, from ``since`` to now."""
    if not _collected():
        return
    token = given_ids.set(ids_of(message_id))
    try:
        first = _tracer.start_span(
            "accept",
            context=trace.set_span_in_context(trace.INVALID_SPAN),
            links=_around(),
            start_time=int(since.timestamp() * _NANO),
        )
    finally:
        given_ids.reset(token)
    _note(first, {"message": message_id, **fields})
    first.end()


def note(**fields: object) -> None:
    """Add fields to the span that is open."""
    _note(trace.get_current_span(), fields)


def carried() -> dict[str, str]:
    """Return the ``traceparent`` with which another process goes on with the open span's trace."""
    headers: dict[str, str] = {}
    _headers.inject(headers)
    return headers


@contextmanager
def _opened(
    name: str,
    fields: Mapping[str, object],
    *,
    parent: Context | None = None,
    links: list[Link] | None = None,
) -> Iterator[None]:
    if not _collected():
        yield
        return
    with _tracer.start_as_current_span(
        name,
        context=parent,
        links=links,
        # Both would write down what an exception says.
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        _note(opened, fields)
        try:
            yield
        except BaseException as error:
            opened.set_status(Status(StatusCode.ERROR))
            _note(opened, {"error": type(error).__name__})
            raise


def _collected() -> bool:
    # The API's own way of doing nothing takes ten times as long.
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _around() -> list[Link]:
    current = trace.get_current_span().get_span_context()
    return [Link(current)] if current.is_valid else []


def _note(span: Span, fields: Mapping[str, object]) -> None:
    if span.is_recording():
        told = known(fields).items()
        span.set_attributes({k: v for k, v in told if isinstance(v, str | int | float)})
