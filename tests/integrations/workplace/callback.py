"""A small app that Workplace can call: it echoes challenges and keeps what it receives."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

VERIFY_TOKEN = "example-verify-token"


class Callback:
    """``url`` to subscribe or to be told at; ``received`` holds headers and body of each POST."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: queue.Queue[tuple[Message, bytes]] = queue.Queue()


@contextmanager
def callback() -> Iterator[Callback]:
    """Listen on a free port until the test is over."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            known = query["hub.verify_token"] == [VERIFY_TOKEN]
            self.send_response(200 if known else 403)
            self.end_headers()
            self.wfile.write(query["hub.challenge"][0].encode() if known else b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.received.put((self.headers, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the tests' output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Callback(f"http://127.0.0.1:{server.server_port}/workplace")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
