"""A database that is away is said so at once, to everybody; and nothing waits for it afterwards."""

import json
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import requests

from bench.cluster import Cluster
from config.demo.ports import any_free_port
from config.demo.system import System
from tests.factories import EVENTS, rfc3339, sign
from tests.plugins.system import on_free_ports

pytestmark = [pytest.mark.faults, pytest.mark.postgres]
FLOOD = 50
# The promise, and what this machine may need to hear the answer.
SECONDS = 2.0
HEALTHY = 0.5
BACK_WITHIN = 10


@contextmanager
def killed(cluster: Cluster) -> Iterator[None]:
    os.kill(cluster.pid(), signal.SIGKILL)
    cluster.wait_for_end()
    yield
    cluster.start()


@contextmanager
def stopped(cluster: Cluster) -> Iterator[None]:
    cluster.stop("fast")
    yield
    cluster.start()


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop every process of it: connections stay open, and nothing is answered."""
    pids = cluster.processes()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def locked(cluster: Cluster) -> Iterator[None]:
    """Let one table be locked: the server lives, and each statement that we need stalls."""
    with psycopg.connect(cluster.url()) as somebody:
        somebody.execute("LOCK TABLE messaging_receivedevent IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[tuple[System, Cluster]]:
    """A web process on a PostgreSQL of its own."""
    with ExitStack() as running:
        # Not in pytest's folders, which only their owner may enter.
        folder = running.enter_context(tempfile.TemporaryDirectory())
        cluster = running.enter_context(Cluster(Path(folder)))
        env = {"DATABASE_URL": cluster.url()}
        system = running.enter_context(on_free_ports(tmp_path_factory.mktemp("away"), env))
        system.start_broker()
        system.start_sandbox()
        system.prepare()
        system.start_web()
        system.children.wait_until("the web", system._web_ready, seconds=30)
        yield system, cluster


class Wire:
    """A TCP proxy before the database, whose network can swallow what is sent."""

    def __init__(self, port: int) -> None:
        self._to, self._swallows = port, threading.Event()
        self._open = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._open[0].getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def swallowing(self) -> Iterator[None]:
        self._swallows.set()
        yield
        self._swallows.clear()

    def cut(self) -> None:
        """End every connection, and take no more."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._open[0].accept()[0]
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                # A connection through which something was lost is never whole again.
                if self._swallows.is_set():
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def wired(place) -> Iterator[tuple[str, Wire]]:
    """A further web process, which reaches the database over a wire of its own."""
    system, cluster = place
    wire, port, env = Wire(cluster.port), any_free_port(), system.children.env
    address = f"postgres://kotozute@127.0.0.1:{wire.port}/postgres"
    system.children.env = {**env, "DATABASE_URL": address, "WEB_CONCURRENCY": "1"}
    bind = f"127.0.0.1:{port}"
    system._python("wired", "gunicorn", "-c", "python:config.gunicorn", "--bind", bind)
    system.children.env = env
    log = system.children.log("wired")
    system.children.wait_until("it", lambda: "Booting worker" in log.read_text(), seconds=30)
    yield f"http://{bind}", wire
    system.children.stop("wired")
    wire.cut()


def test_a_network_that_swallows_everything_is_noticed_and_outlived(place, wired):
    (system, _), (url, wire) = place, wired
    assert [knock(system, url).status_code for _ in range(8)] == [202] * 8
    with wire.swallowing(), Pulse(url) as pulse, ThreadPoolExecutor(FLOOD) as crowd:
        answers = list(crowd.map(lambda _: knock(system, url), range(FLOOD)))
    assert {answer.status_code for answer in answers} == {503}
    assert max(answer.elapsed.total_seconds() for answer in answers) < SECONDS
    assert (pulse.asked > 0, pulse.slowest < HEALTHY) == (True, True)
    system.children.wait_until("its return", lambda: knock(system, url).ok, seconds=BACK_WITHIN)


def test_a_probe_that_comes_in_pieces_is_answered_as_well(place):
    system, _ = place
    with socket.create_connection(("127.0.0.1", system.ports.web)) as visitor:
        for piece in (b"GET /hea", b"lthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"\r\n"):
            visitor.sendall(piece)
            time.sleep(0.05)
        assert visitor.recv(4096).startswith(b"HTTP/1.1 200")


def knock(system: System, url: str = "") -> requests.Response:
    """Send one event as ovice does."""
    secret, event_id = system.children.env["OVICE_EVENT_SECRETS"], f"evt_{uuid4().hex}"
    data = {"organization": {"id": "4821"}, "space": {"id": "7", "name": "Tokyo"}}
    event = {"type": "space.updated", "timestamp": rfc3339(), "data": data}
    body = json.dumps(event).encode()
    headers = {**sign(body, event_id=event_id, secret=secret), "Connection": "close"}
    return requests.post(
        f"{url or system.base_url}{EVENTS}", data=body, headers=headers, timeout=30
    )


class Pulse:
    """Asks for the health all the time, and remembers how long the slowest answer took."""

    def __init__(self, url: str) -> None:
        self.slowest, self.asked = 0.0, 0
        self._url, self._stop = f"{url}/healthz", threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.wait(0.02):
            began = time.monotonic()
            assert requests.get(self._url, timeout=30).ok
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - began)


@pytest.mark.parametrize(
    ("harm", "seconds"),
    [
        (killed, SECONDS),
        (stopped, SECONDS),
        (frozen, SECONDS),
        # The server answers everybody else: each of the flood has to find out for itself.
        (locked, 3 * SECONDS),
    ],
)
def test_a_flood_meets_a_database_that_is_away(place, harm, seconds):
    system, cluster = place
    assert [knock(system).status_code for _ in range(8)] == [202] * 8
    with harm(cluster), Pulse(system.base_url) as pulse, ThreadPoolExecutor(FLOOD) as crowd:
        answers = list(crowd.map(lambda _: knock(system), range(FLOOD)))
        late = knock(system)
    assert {answer.status_code for answer in [*answers, late]} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert max(answer.elapsed.total_seconds() for answer in answers) < seconds
    assert (pulse.asked > 0, pulse.slowest < HEALTHY) == (True, True)
    system.children.wait_until("its return", lambda: knock(system).ok, seconds=BACK_WITHIN)


def test_a_page_says_that_it_cannot_be_had_just_now_and_the_log_says_why(place):
    system, cluster = place
    with stopped(cluster):
        headers = {"Accept": "text/html", "Accept-Language": "ja"}
        url = f"{system.base_url}/removal/0123456789abcdef0123456789abcdef"
        page = requests.get(url, headers=headers, timeout=30)
        probe = requests.get(f"{system.base_url}/readyz", timeout=30)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert 'lang="ja"' in page.text
    assert (probe.status_code, probe.elapsed.total_seconds() < SECONDS + 1) == (503, True)
    lines = [json.loads(line) for line in system.children.log("web").read_text().splitlines()]
    told = [line for line in lines if line["event"] == "the database is away: requests fail"]
    assert told[-1]["database"] == f"postgres at 127.0.0.1:{cluster.port}"
    assert told[-1]["why"] in ("refused", "stopping", "starting")
    assert [line for line in lines if "%s" in line["event"]] == []
    system.children.wait_until("its return", lambda: knock(system).ok, seconds=BACK_WITHIN)
