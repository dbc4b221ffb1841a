"""Log configuration: one line each on stderr, without content by construction.

A line's text is shown only if it stands as it is in some code, its fields only by the list in
``core.log_fields``, the values of a library's line only by the list in
``config.observability.library_lines``, and an exception as its type and places. All else, also
texts that libraries put together from values, is left out.
"""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TextIO

import structlog

from config.observability.library_lines import filled
from core.connection_errors import why
from core.log_fields import known

WITHHELD = "(text withheld)"
# Their templates come from tables of their own; the values are in the arguments, which go.
_TEMPLATES_OF = ("celery.", "kombu.")
# Their lines are nothing but values.
_MEANT = {
    "django.request": "request failed",
    "django.security": "request refused",
    "py.warnings": "a warning of Python's",
}
_MOST_FRAMES = 30
_ROOT = Path(__file__).resolve().parents[2]

# A literal found once is found again: the code holds only so many.
_literals: set[str] = set()


def to_stderr(level: str, form: str = "json", *, reports: bool = False) -> dict[str, Any]:
    """Return a logging configuration that writes from ``level`` (``INFO``) upwards.

    ``form`` is ``json``, one object a line, or ``console``, for a person who watches. With
    ``reports`` what is logged as an error is reported as well.
    """
    _structure()
    reporter = {"class": "config.observability.reports.Reports", "level": "ERROR"}
    handlers = {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}}
    handlers |= {"reports": reporter} if reports else {}
    refusals = {"class": "config.observability.logging.Refusals", "formatter": "line"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Lines, "form": form}},
        "handlers": {**handlers, "refusals": refusals},
        "root": {"handlers": list(handlers), "level": level},
        # urllib3 writes whole addresses, even in warnings, and a query string holds proofs.
        "loggers": {
            "urllib3": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            # Requests that Django refuses, for a filter that no list has for example.
            "django.security": {"level": level, "handlers": ["refusals"], "propagate": False},
            # A stranger's Host header is answered 400; its text does not belong in a log.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Two lines for each task, of which there are as many as wake-ups.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # gunicorn would write on its own, addresses included.
            "gunicorn.error": {"level": level, "handlers": list(handlers), "propagate": False},
        },
    }


def _structure() -> None:
    """Have structlog's loggers, and warnings, write through the standard library's: one way."""
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _to_record,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _to_record(
    _logger: object, _method: str, event: Any
) -> tuple[tuple[object], dict[str, object]]:
    """Hand the text and the fields to the standard library, apart from each other."""
    text = event.pop("event")
    exc_info = event.pop("exc_info", None)
    return (text,), {"exc_info": exc_info, "extra": {"fields": event}}


def describe(record: logging.LogRecord) -> dict[str, Any]:
    """Return all of a record that may leave this process: plain values only."""
    given: Mapping[str, object] | None = getattr(record, "fields", None)
    if given is None:
        given = structlog.contextvars.get_contextvars()
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": _text(record),
        **known(given),
    }
    if line["event"] == WITHHELD:
        line["at"] = f"{Path(record.pathname).name}:{record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        line["exception"] = list(describe_exception(record.exc_info[1]))
    return line


def describe_exception(error: BaseException) -> Iterator[dict[str, Any]]:
    """Yield an exception and what it was caused by: types and places, never what they say.

    Why a database or a broker is away is told in a word of ours.
    """
    seen: set[int] = set()
    chained: BaseException | None = error
    while chained is not None and id(chained) not in seen:
        seen.add(id(chained))
        kind = type(chained)
        places = [_place(*step) for step in _steps(chained.__traceback__)]
        found = {"type": f"{kind.__module__}.{kind.__qualname__}", "at": places[-_MOST_FRAMES:]}
        reason = why(chained)
        yield found | ({"why": reason} if reason else {})
        hidden = chained.__suppress_context__
        chained = chained.__cause__ or (None if hidden else chained.__context__)


def _steps(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _place(frame: FrameType, line: int) -> str:
    path = Path(frame.f_code.co_filename)
    inside = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(*path.parts[-3:])
    return f"{inside}:{line} {frame.f_code.co_name}"


def _text(record: logging.LogRecord) -> str:
    text = record.msg
    for logger, meant in _MEANT.items():
        if record.name == logger or record.name.startswith(f"{logger}."):
            return meant
    if not isinstance(text, str):
        return WITHHELD
    line = filled(record)
    if line is not None:
        return line
    if record.args and record.name.startswith(_TEMPLATES_OF):
        return text
    return text if _is_literal(text) else WITHHELD


def _is_literal(text: str) -> bool:
    """Return whether ``text`` stands as it is in the code of some function that is running.

    The function that logs is among them. Texts put together from values stand nowhere.
    """
    if text in _literals:
        return True
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no other way to ask
    while frame is not None:
        if any(text == value for value in frame.f_code.co_consts if isinstance(value, str)):
            _literals.add(text)
            return True
        frame = frame.f_back
    return False


class Refusals(logging.StreamHandler[TextIO]):
    """Writes that a request was refused: a warning, since nothing of ours has failed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line; Django calls it an error, with the trace of a fault."""
        record.levelname, record.exc_info = "WARNING", None
        super().emit(record)


class Lines(logging.Formatter):
    """Writes what ``describe`` leaves of a record, as JSON or for a person."""

    def __init__(self, form: str = "json") -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = describe(record)
        if self._form == "json":
            return json.dumps(line, ensure_ascii=False)
        return "\n".join(_for_a_person(line))


def _for_a_person(line: dict[str, Any]) -> Iterator[str]:
    said = dict(line)
    chain = said.pop("exception", [])
    head = f"{said.pop('time')[11:19]} {said.pop('level'):<8}{said.pop('logger')}:"
    text = said.pop("event")
    yield " ".join([head, text, *(f"{name}={value}" for name, value in said.items())])
    for error in chain:
        yield "    " + ", ".join(filter(None, [error["type"], error.get("why")]))
        yield from (f"        {place}" for place in error["at"])
