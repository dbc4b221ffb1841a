"""A page that arrives in pieces, as over a slow line."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.browser.accessibility import shifts_of

# Longer than a browser waits before it shows what it has.
PAUSE_SECONDS = 0.5


class Slow(BaseHTTPRequestHandler):
    """Passes on what the site answers, a page in two pieces, cut where its server says."""

    site = cut = ""

    def do_GET(self) -> None:
        """Answer as the site does."""
        answer = requests.get(
            self.site + self.path, headers={"Cookie": self.headers.get("Cookie", "")}, timeout=10
        )
        body, kind = answer.content, answer.headers["Content-Type"]
        self.send_response(answer.status_code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        first = body.index(self.cut.encode()) if kind.startswith("text/html") else len(body)
        self.wfile.write(body[:first])
        time.sleep(PAUSE_SECONDS if first < len(body) else 0)
        self.wfile.write(body[first:])

    def log_message(self, *_args: object) -> None:
        """Write nothing down."""


@pytest.fixture
def slow_site(live_server) -> Iterator[str]:
    """Yield the address of a slow line to the site; it stops before each page's language form."""
    line = type("Line", (Slow,), {"site": live_server.url, "cut": '<div class="languages"'})
    with ThreadingHTTPServer(("127.0.0.1", 0), line) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_nothing_moves_in_a_page_that_arrives_in_pieces(new_window, slow_site):
    page = new_window().new_page()
    page.goto(f"{slow_site}/account/sign-in/")
    assert page.get_by_role("group").count() == 1
    assert shifts_of(page) == []
