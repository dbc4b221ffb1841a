"""Which broken connections prove that nothing was sent, shown with real sockets."""

import gzip
import select
import socket
import time
from typing import Any

import pytest

from core import http
from integrations.targets.errors import NotReached, TargetError, Unavailable, Unconfirmed
from integrations.targets.port import Credentials
from integrations.workplace import client as client_module
from integrations.workplace.client import GraphClient
from integrations.workplace.directory import get_member
from integrations.workplace.messages import send_text
from tests.integrations.workplace.wire import HEADERS_END, KEEP_NOT, answer, wire

ACCEPTED = answer(b'{"recipient_id":"1","message_id":"m_1"}')


@pytest.fixture
def client():
    client_module._session.cache_clear()
    yield GraphClient(Credentials("example-token"))
    client_module._session().close()
    client_module._session.cache_clear()


def outcome_of_send(client: GraphClient) -> tuple[type[TargetError], str]:
    with pytest.raises(TargetError) as caught:
        send_text(client, "1", "Hello")
    return type(caught.value), caught.value.code


def outcome_of_look_up(client: GraphClient) -> tuple[type[TargetError], str]:
    with pytest.raises(TargetError) as caught:
        get_member(client, "1")
    return type(caught.value), caught.value.code


def test_a_refused_connection_was_never_reached(client, settings):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.WORKPLACE_GRAPH_URL = f"http://127.0.0.1:{closed.getsockname()[1]}"

    assert outcome_of_send(client) == (NotReached, "connect")
    assert outcome_of_look_up(client) == (NotReached, "connect")


def test_a_connection_nobody_accepts_was_never_reached(client, settings, monkeypatch):
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.1)
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        settings.WORKPLACE_GRAPH_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"

        assert outcome_of_send(client) == (NotReached, "connect")


def test_an_unknown_host_was_never_reached(client, settings, monkeypatch):
    def unknown(*args: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings.WORKPLACE_GRAPH_URL = "http://graph.example.com"

    assert outcome_of_send(client) == (NotReached, "connect")


@pytest.mark.parametrize("reset", [False, True])
def test_a_failed_tls_handshake_was_never_reached(client, settings, reset):
    with wire(b"this is not TLS" * (not reset), read=1, reset=reset) as server:
        settings.WORKPLACE_GRAPH_URL = server.url.replace("http:", "https:")

        assert outcome_of_send(client) == (NotReached, "connect")


def test_a_reset_before_the_first_byte_was_never_reached(client, settings, monkeypatch):
    connect = http._Connection.connect

    def connect_and_wait_for_the_reset(self) -> None:
        connect(self)
        select.select([self.sock], [], [], 5)

    monkeypatch.setattr(http._Connection, "connect", connect_and_wait_for_the_reset)
    with wire(b"", read=0, reset=True) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert outcome_of_send(client) == (NotReached, "connect")


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("read", [1, 40, None])
def test_a_cut_after_bytes_left_is_unconfirmed(client, settings, read, reset):
    with wire(b"", b"", read=read, reset=reset) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert outcome_of_send(client) == (Unconfirmed, "cut")
        assert outcome_of_look_up(client) == (Unavailable, "cut")


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_at_any_byte_of_the_answer_is_unconfirmed(client, settings, reset):
    answers = [ACCEPTED[:length] for length in range(len(ACCEPTED))]
    with wire(*answers, reset=reset) as server:
        settings.WORKPLACE_GRAPH_URL = server.url
        outcomes = [outcome_of_send(client)[0] for _answer in answers]

    assert outcomes == [Unconfirmed] * len(answers)


def test_a_whole_answer_before_a_cut_is_an_answer(client, settings):
    with wire(ACCEPTED) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert send_text(client, "1", "Hello").message_id == "m_1"


def test_silence_after_the_request_is_unconfirmed(client, settings, monkeypatch):
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.WORKPLACE_GRAPH_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"

        assert outcome_of_send(client) == (Unconfirmed, "timeout")
        assert outcome_of_look_up(client) == (Unavailable, "timeout")


@pytest.mark.parametrize("drip_from", [b"", b"HTTP/1.1 200 OK\r\n", HEADERS_END])
def test_an_answer_that_drips_in_is_given_up_in_time(client, settings, monkeypatch, drip_from):
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.2)
    with wire(ACCEPTED, drip=0.05, drip_from=drip_from) as server:
        settings.WORKPLACE_GRAPH_URL = server.url
        started = time.monotonic()

        assert outcome_of_send(client) == (Unconfirmed, "timeout")
        assert time.monotonic() - started < 1.5


def test_a_server_that_promises_an_answer_for_ever_is_given_up_in_time(
    client, settings, monkeypatch
):
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.2)
    with wire(b"HTTP/1.1 100 Continue\r\n\r\n" * 200, drip=0.01, drip_from=b"") as server:
        settings.WORKPLACE_GRAPH_URL = server.url
        started = time.monotonic()

        assert outcome_of_send(client) == (Unconfirmed, "timeout")
        assert time.monotonic() - started < 1.5


def test_each_of_two_tries_has_its_own_limit(client, settings, monkeypatch):
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 1.0)
    refused = answer(b'{"error":{"message":"Invalid appsecret_proof","code":100}}')
    endless = answer(b"x" * 1000)
    with wire(refused, endless, drip=0.004) as server:
        settings.WORKPLACE_GRAPH_URL = server.url
        started = time.monotonic()

        with pytest.raises(Unconfirmed):
            send_text(GraphClient(Credentials("example-token", "secret")), "1", "Hello")
        assert len(server.requests) == 2
        assert time.monotonic() - started < 2 * 1.0 + 0.8


def test_a_send_with_its_second_try_ends_within_the_lease(settings):
    connecting = writing = http.CONNECT_SECONDS
    one_try = connecting + writing + client_module.ANSWER_SECONDS

    assert 2 * one_try <= 45 < settings.RELAY_LEASE.total_seconds()


def test_a_connection_that_comes_too_late_is_not_used(client, settings, monkeypatch):
    look_up = socket.getaddrinfo

    def look_up_slowly(*args: Any, **options: Any) -> Any:
        time.sleep(0.3)
        return look_up(*args, **options)

    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    with wire(ACCEPTED) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert outcome_of_send(client) == (NotReached, "connect")
    assert not any(server.requests)


def test_a_body_that_drips_in_fast_enough_is_an_answer(client, settings):
    with wire(ACCEPTED, drip=0.001) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert send_text(client, "1", "Hello").message_id == "m_1"


@pytest.mark.parametrize("length", range(0, 70, 7))
def test_a_cut_in_a_chunked_answer_is_unconfirmed(client, settings, length):
    body = b'14\r\n{"message_id":"m_1",\r\n6\r\n"a":1}\r\n0\r\n\r\n'
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    with wire(whole[: -70 + length], whole) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert outcome_of_send(client)[0] is Unconfirmed
        assert send_text(client, "1", "Hello").message_id == "m_1"


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(client, settings):
    kept = ACCEPTED.replace(KEEP_NOT, b"Connection: keep-alive")
    with wire(kept, kept) as server:
        settings.WORKPLACE_GRAPH_URL = server.url
        for _time in range(2):
            send_text(client, "1", "Hello")
            server.closed.acquire(timeout=5)

        assert len(server.requests) == 2


def test_a_small_answer_that_unpacks_to_a_huge_one_is_given_up(client, settings):
    bomb = gzip.compress(b" " * 50_000_000)
    with wire(answer(bomb, b"Content-Encoding: gzip")) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert outcome_of_send(client) == (Unconfirmed, "cut")


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff" * 40, b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"x" * 99_999]
)
def test_an_answer_that_is_not_http_is_unconfirmed(client, settings, garbage):
    with wire(garbage) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        assert outcome_of_send(client)[0] is Unconfirmed
