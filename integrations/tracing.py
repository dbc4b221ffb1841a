"""Traces, where an operator collects them; otherwise each of these does nothing and costs nothing.

A DM's trace has the id of its message: whoever accepts it and whoever sends it, on whichever
machine and however much later, know the trace without being told. ``config.tracing`` does the work.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Tracing(Protocol):
    """What collects traces."""

    def span(self, name: str, fields: Mapping[str, object]) -> AbstractContextManager[None]:
        """Open a span in the trace of this context, or a new trace."""

    def span_of_message(
        self, name: str, message_id: UUID, fields: Mapping[str, object]
    ) -> AbstractContextManager[None]:
        """Open a span in the trace of a message."""

    def begin_message(
        self, message_id: UUID, since: datetime, fields: Mapping[str, object]
    ) -> None:
        """Write the first span of a message's trace, from ``since`` to now."""

    def note(self, fields: Mapping[str, object]) -> None:
        """Add fields to the span that is open."""

    def carried(self) -> dict[str, str]:
        """Return the headers by which another process goes on with this context's trace."""

    def span_from(
        self, headers: Mapping[str, str], name: str, fields: Mapping[str, object]
    ) -> AbstractContextManager[None]:
        """Open a span in the trace that ``carried`` headers speak of, or a new one."""


class _Switch:
    tracing: Tracing | None = None


_switch = _Switch()


def use(tracing: Tracing | None) -> None:
    """Collect traces with ``tracing`` from now on; with None no more."""
    _switch.tracing = tracing


@contextmanager
def span(name: str, **fields: object) -> Iterator[None]:
    """Have what is done inside appear in the trace; ``name`` is a literal."""
    if _switch.tracing is None:
        yield
        return
    with _switch.tracing.span(name, fields):
        yield


@contextmanager
def span_of_message(name: str, message_id: UUID, **fields: object) -> Iterator[None]:
    """Have what is done inside appear in the trace of this message."""
    if _switch.tracing is None:
        yield
        return
    with _switch.tracing.span_of_message(name, message_id, fields):
        yield


@contextmanager
def span_from(headers: Mapping[str, str], name: str, **fields: object) -> Iterator[None]:
    """Have what is done inside appear in the trace that another process began."""
    if _switch.tracing is None:
        yield
        return
    with _switch.tracing.span_from(headers, name, fields):
        yield


def begin_message(message_id: UUID, since: datetime, **fields: object) -> None:
    """Begin the trace of a message that was accepted."""
    if _switch.tracing is not None:
        _switch.tracing.begin_message(message_id, since, fields)


def note(**fields: object) -> None:
    """Add fields to the span that is open."""
    if _switch.tracing is not None:
        _switch.tracing.note(fields)


def carried() -> dict[str, str]:
    """Return what a task's headers must hold for its worker to go on with the trace."""
    return _switch.tracing.carried() if _switch.tracing is not None else {}
