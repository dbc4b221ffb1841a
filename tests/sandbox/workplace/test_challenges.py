"""A callback may answer its challenge in any way that HTTP allows; only the content counts."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.plugins.graph import Graph, error_of
from tests.plugins.sandbox import Sandbox

CHALLENGE = re.compile(rb"hub\.challenge=([0-9]+)")
PACKET_GAP_SECONDS = 0.02
Packets = Callable[[bytes], list[bytes]]


@dataclass
class Callback:
    """A web server of a few lines: answers each call with the packets that it is told."""

    url: str = ""
    packets: Packets = lambda text: [text]
    requests: list[bytes] = field(default_factory=list)


@pytest.fixture
def callback() -> Iterator[Callback]:
    listening = socket.create_server(("127.0.0.1", 0))
    made = Callback(f"http://127.0.0.1:{listening.getsockname()[1]}/hook")
    thread = threading.Thread(target=_serve, args=(listening, made))
    thread.start()
    yield made
    listening.shutdown(socket.SHUT_RDWR)
    thread.join()
    listening.close()


def _serve(listening: socket.socket, callback: Callback) -> None:
    while True:
        try:
            connection = listening.accept()[0]
        except OSError:
            return
        with connection:
            request = connection.recv(65536)
            callback.requests.append(request)
            found = CHALLENGE.search(request)
            for packet in callback.packets(found[1] if found else b""):
                connection.sendall(packet)
                time.sleep(PACKET_GAP_SECONDS)


def subscribe(graph: Graph, callback: Callback) -> tuple[int, int]:
    token = f"{graph.integration.app_id}|{graph.integration.app_secret}"
    form = {
        "object": "page",
        "callback_url": callback.url,
        "verify_token": "v",
        "fields": "mention",
    }
    answer = graph.call("POST", "app/subscriptions", token=token, data=form)
    return (200, 0) if answer.ok else error_of(answer)[:2]


def head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length


def in_two(text: bytes) -> list[bytes]:
    return [head(len(text)) + text[:3], text[3:]]


def byte_by_byte(text: bytes) -> list[bytes]:
    return [head(len(text)), *(text[at : at + 1] for at in range(len(text)))]


def chunked(text: bytes) -> list[bytes]:
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [
        start,
        b"3\r\n" + text[:3] + b"\r\n",
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(text) - 3, text[3:]),
    ]


def until_closed(text: bytes) -> list[bytes]:
    return [b"HTTP/1.0 200 OK\r\n\r\n", text[:3], text[3:]]


def without_packets(text: bytes) -> list[bytes]:
    del text
    return []


def far_too_long(text: bytes) -> list[bytes]:
    return [head(10**9), text, b"x" * 70_000]


def with_more_behind(text: bytes) -> list[bytes]:
    return [head(len(text) + 1) + text, b"0"]


@pytest.mark.parametrize("packets", [in_two, byte_by_byte, chunked, until_closed])
def test_a_challenge_is_read_to_its_end(graph: Graph, callback: Callback, packets: Packets) -> None:
    callback.packets = packets
    assert subscribe(graph, callback) == (200, 0)
    assert b"\r\nAccept-Encoding: identity\r\n" in callback.requests[0]


@pytest.mark.parametrize("packets", [without_packets, far_too_long, with_more_behind])
def test_an_answer_that_is_not_the_challenge_is_refused(
    sandbox: Sandbox, graph: Graph, callback: Callback, packets: Packets
) -> None:
    sandbox.workplace("PUT", "webhooks", {"timeout_seconds": 0.5})
    callback.packets = packets
    assert subscribe(graph, callback) == (400, 2200)
