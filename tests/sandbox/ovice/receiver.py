"""A small HTTP server that plays the relay: it answers as told and remembers what it got."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

POLL_SECONDS = 0.01


@dataclass
class Received:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """Return the body as JSON."""
        return dict(json.loads(self.body))


@dataclass
class Answer:
    """Answer to the next request; a body in bytes is sent as it is, any other as JSON."""

    status: int = 202
    body: Any = field(default_factory=lambda: {"status": "accepted"})
    headers: dict[str, str] = field(default_factory=dict)


class Receiver:
    """The requests so far, and the answers to come; without any, 202 accepted."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self.url = ""
        self.received: list[Received] = []
        self.answers: deque[Answer] = deque()
        self.pages: dict[str, Answer] = {}
        self._news = threading.Condition()

    def take(self, request: Received) -> Answer:
        """Remember a request and choose its answer."""
        with self._news:
            self.received.append(request)
            self._news.notify_all()
            if request.path in self.pages:
                return self.pages[request.path]
            return self.answers.popleft() if self.answers else Answer()

    def wait_for(self, count: int, seconds: float = 5) -> list[Received]:
        """Return the requests once there are `count`."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.received) >= count, seconds)
            return list(self.received)

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """Return the data of the events of one type."""
        found = [request.event for request in self.received if request.method == "POST"]
        return [event["data"] for event in found if event["type"] == event_type]

    def types(self) -> list[str]:
        """Return the types of the events received, in order."""
        return [request.event["type"] for request in self.received if request.method == "POST"]


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def listening() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver()
    server = _Server(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[POLL_SECONDS])
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(Received(self.command, self.path, headers, body))
            own = answer.body
            text = own if isinstance(own, bytes) else json.dumps(own).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
            """Keep quiet."""

    return Handler
