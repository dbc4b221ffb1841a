"""A tiny web server that takes what the sandbox sends to an app, and remembers it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

WAIT_SECONDS = 5.0
POLL_SECONDS = 0.01


@dataclass
class Received:
    """One POST: its path, headers and exact bytes."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Requests that came in, and the statuses to answer with: the list's, then 200."""

    url: str = ""
    verify_token: str = "verify-me"
    statuses: list[int] = field(default_factory=list)
    posts: list[Received] = field(default_factory=list)
    echo: bool = True

    def wait_for(self, number: int) -> list[Received]:
        """Return the POSTs once so many have come; fail when they do not come."""
        wait_until(lambda: len(self.posts) >= number, f"{number} posts")
        return self.posts


def wait_until(is_true: Callable[[], object], what: str, *, seconds: float = WAIT_SECONDS) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(POLL_SECONDS)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            known = query.get("hub.verify_token") == [receiver.verify_token]
            echo = query["hub.challenge"][0] if known and receiver.echo else ""
            self._answer(200 if known else 403, echo.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append(Received(self.path, dict(self.headers), body))
            self._answer(receiver.statuses.pop(0) if receiver.statuses else 200, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Stay quiet."""

    return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port for one test."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()
