"""A wire to the sandbox that is cut after so many bytes, one way or the other."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 5
CHUNK = 65536


@dataclass
class Wire:
    """A wire, and how many bytes it has carried on either way."""

    url: str
    request: int = 0
    answer: int = 0


@contextmanager
def cut_wire(url: str, *, request: int | None = None, answer: int | None = None) -> Iterator[Wire]:
    """Yield a wire that passes one connection on to ``url`` until the cut.

    ``request`` and ``answer`` are the bytes that get through on that way; None lets all through.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_pass_on, args=(listener, url, wire, request, answer))
        thread.start()
        yield wire
        thread.join(2 * SECONDS)


def _pass_on(
    listener: socket.socket, url: str, wire: Wire, request: int | None, answer: int | None
) -> None:
    host = urlsplit(url)
    with suppress(OSError):
        near, _ = listener.accept()
        with near, socket.create_connection((host.hostname, host.port or 80), SECONDS) as far:
            near.settimeout(SECONDS)
            wire.request = _copy(near, far, request)
            if request is None or wire.request < request:
                wire.answer = _copy(far, near, answer)


def _copy(source: socket.socket, sink: socket.socket, limit: int | None) -> int:
    """Copy one message up to ``limit``; return how many bytes of it got through."""
    seen = b""
    while not _is_whole(seen):
        more = source.recv(CHUNK)
        if not more:
            break
        left = len(more) if limit is None else limit - len(seen)
        sink.sendall(more[:left])
        seen += more[:left]
        if left <= len(more) and limit is not None:
            break
    return len(seen)


def _is_whole(message: bytes) -> bool:
    head, end, body = message.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    return bool(end) and len(body) >= length
