"""The lines of libraries whose values may be shown: which argument of which line, and its shape.

A line that is not here is shown without its values. An argument that does not have its shape is
replaced by three dots.
"""

import logging
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from core.connection_errors import why

HIDDEN = "…"
Shape = Callable[[object], str]


def _like(pattern: str) -> Shape:
    shape = re.compile(pattern)

    def fitting(value: object) -> str:
        text = str(value).strip()
        return text if shape.fullmatch(text) else HIDDEN

    return fitting


def _reason(value: object) -> str:
    """Name what was raised, and why where that is known."""
    if not isinstance(value, BaseException):
        return HIDDEN
    word = why(value)
    return f"{type(value).__name__}, {word}" if word else type(value).__name__


def _address(value: object) -> str:
    """Show where something listens; never a user, a password or a query."""
    try:
        parts = urlsplit(str(value))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return HIDDEN
    if not host:
        return _socket(f"{parts.scheme}:{parts.path}")
    shown = f"[{host}]" if ":" in host else host
    return _place(f"{parts.scheme}://{shown}" + (f":{port}" if port else ""))


def _addresses(value: object) -> str:
    return ",".join(_address(each) for each in str(value).split(","))


def _hidden(_value: object) -> str:
    return HIDDEN


_socket = _like(r"[a-z+]{1,16}:[A-Za-z0-9._/-]{1,107}")
_place = _like(r"[a-z+]{1,16}://(\[[0-9a-f:.]+\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?")
_number = _like(r"-?\d{1,10}(\.\d{1,6})?")
_class = _like(r"[A-Z][A-Za-z]{2,39}")
_signal = _like(r"SIG[A-Z0-9]{2,8}|[a-z0-9]{2,6}")
_dotted = _like(r"[a-z_]{1,32}(\.[A-Za-z_]{1,32}){0,5}")
_version = _like(r"\d{1,4}(\.\w{1,8}){0,4}")
_pool = _like(r"pool-\d{1,6}|postgres at (\[[0-9a-f:.]+\]|[A-Za-z0-9._/-]{1,253}):\d{1,5}")
_node = _like(r"[A-Za-z0-9_.%-]{1,64}@[A-Za-z0-9_.-]{1,253}")
_pause = _like(
    r"Trying again in [\d.]+ seconds?\.\.\. \(\d+/(\d+|None)\)|Trying to reconnect\.\.\."
    r"|Will retry using next failover\."
)
_lost = _like(r"consumer: Connection to broker lost\. Trying to re-establish the connection\.\.\.")


def _status(value: object) -> str:
    """Show how a connection of the pool stands: its text also names database and user."""
    found = re.search(r"\[([A-Z]{2,12})\]", str(value)[:200])
    return found[1] if found else HIDDEN


_GUNICORN: Mapping[str, tuple[Shape, ...]] = {
    "Starting gunicorn %s": (_version,),
    "Listening at: %s (%s)": (_addresses, _number),
    "Listening at: %s": (_addresses,),
    "Using worker: %s": (_dotted,),
    "Booting worker with pid: %s": (_number,),
    "Worker exiting (pid: %s)": (_number,),
    "WORKER TIMEOUT (pid:%s)": (_number,),
    "Worker (pid:%s) was sent %s!": (_number, _signal),
    "Worker (pid:%s) was sent %s! Perhaps out of memory?": (_number, _signal),
    "Worker (pid:%s) exited with code %s.": (_number, _number),
    "Handling signal: %s": (_signal,),
    "Shutting down: %s": (_like("Master|Old Master"),),
    "Ignoring unknown signal: %s": (_signal,),
    "Unhandled signal: %s": (_signal,),
    "Connection in use: %s": (_hidden,),
}
_POOL: Mapping[str, tuple[Shape, ...]] = {
    "error connecting in %r: %s": (_pool, _reason),
    "reconnection attempt in pool %r failed after %s sec": (_pool, _number),
    "discarding broken connection: %s": (_status,),
    "discarding closed connection: %s": (_status,),
    "rolling back returned connection: %s": (_status,),
    "closing returned connection: %s": (_status,),
    "rollback failed: %s: %s. Discarding connection %s": (_class, _reason, _status),
    "error resetting connection: %s": (_reason,),
    "task run %s failed: %s: %s": (_hidden, _class, _reason),
    "scheduled task run %s failed: %s: %s": (_hidden, _class, _reason),
}
LINES: Mapping[str, Mapping[str, tuple[Shape, ...]]] = {
    "gunicorn.error": _GUNICORN,
    "psycopg.pool": _POOL,
    "celery.worker.consumer.connection": {"Connected to %s": (_address,)},
    "celery.worker.consumer.consumer": {
        "%s (%r)": (_lost, _reason),
        "consumer: Cannot connect to %s: %s.\n%s\n": (_address, _reason, _pause),
        "Frequent restarts detected: %r": (_reason,),
    },
    "celery.worker.request": {"Couldn't ack %r, reason:%r": (_hidden, _reason)},
    "celery.worker": {"Unrecoverable error: %r": (_reason,)},
    "celery.apps.worker": {"%s ready.": (_node,)},
    "celery.beat": {
        "Message Error: %s\n%s": (_reason, _hidden),
        "beat: Connection error: %s. Trying again in %s seconds...": (_reason, _number),
    },
}


def filled(record: logging.LogRecord) -> str | None:
    """Return a library's line with those of its values that may be shown; None if it has none."""
    shapes = LINES.get(record.name, {}).get(str(record.msg))
    if shapes is None or not isinstance(record.args, tuple) or len(record.args) != len(shapes):
        return None
    values = iter(shape(value) for shape, value in zip(shapes, record.args, strict=True))
    return re.sub(r"%[sr]", lambda _: next(values), str(record.msg)).strip()
