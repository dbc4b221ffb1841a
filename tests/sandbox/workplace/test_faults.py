import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.plugins.graph import Graph, error_of
from tests.plugins.sandbox import Sandbox


@pytest.fixture
def send(graph: Graph, hanako: str) -> Callable[[], requests.Response]:
    recipient = graph.id_of("hanako@example.com")
    return lambda: graph.send(recipient)


Send = Callable[[], requests.Response]


@pytest.mark.parametrize(
    "code", [1, 2, 3, 4, 10, 17, 32, 100, 190, 200, 230, 341, 368, 551, 613, 1200, 80001, 80006]
)
def test_each_code_can_be_asked_for(sandbox: Sandbox, send: Send, hanako: str, code: int) -> None:
    sandbox.fault("error", calls=1, code=code, subcode=7, status=418, is_transient=True)
    answer = send()
    assert error_of(answer) == (418, code, 7)
    assert answer.json()["error"]["is_transient"] is True
    assert sandbox.texts(hanako) == []
    assert send().status_code == 200


def test_a_server_error_comes_as_html(sandbox: Sandbox, send: Send, hanako: str) -> None:
    sandbox.fault("html", calls=1, status=503, headers={"Retry-After": "7"})
    answer = send()
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")
    assert answer.headers["Retry-After"] == "7"
    assert sandbox.texts(hanako) == []


def test_an_outage_answers_without_type_and_trace(sandbox: Sandbox, send: Send) -> None:
    sandbox.fault("missing_type", calls=1)
    answer = send()
    assert answer.status_code == 500
    assert answer.json() == {"error": {"message": "An unknown error occurred", "code": 1}}


def test_a_connection_cut_before_acceptance_delivers_nothing(
    sandbox: Sandbox, send: Send, hanako: str
) -> None:
    sandbox.fault("cut_before", calls=1)
    with pytest.raises(requests.ConnectionError, match="ConnectionResetError"):
        send()
    assert sandbox.texts(hanako) == []
    assert [(c["status"], c["accepted"], c["fault"]) for c in sandbox.sends()] == [
        (0, False, "cut_before")
    ]


def test_a_connection_cut_after_acceptance_delivers(
    sandbox: Sandbox, send: Send, hanako: str
) -> None:
    sandbox.fault("cut_after", calls=1)
    with pytest.raises(requests.ConnectionError):
        send()
    assert sandbox.texts(hanako) == ["Hello"]
    assert [(c["status"], c["accepted"]) for c in sandbox.sends()] == [(0, True)]


@pytest.mark.parametrize("after_bytes", [0, 1, 30])
def test_an_answer_can_be_cut_in_the_middle(
    sandbox: Sandbox, send: Send, hanako: str, after_bytes: int
) -> None:
    sandbox.fault("cut_answer", calls=1, after_bytes=after_bytes)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        send()
    assert sandbox.texts(hanako) == ["Hello"]


def test_an_empty_body_follows_an_accepted_send(sandbox: Sandbox, send: Send, hanako: str) -> None:
    sandbox.fault("empty", calls=1)
    answer = send()
    assert (answer.status_code, answer.content) == (200, b"")
    assert sandbox.texts(hanako) == ["Hello"]


def test_json_can_be_broken(sandbox: Sandbox, send: Send) -> None:
    sandbox.fault("broken_json", calls=1)
    answer = send()
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_the_expected_field_can_be_missing(sandbox: Sandbox, send: Send, hanako: str) -> None:
    sandbox.fault("missing_field", calls=1)
    assert send().json() == {}
    assert sandbox.texts(hanako) == ["Hello"]


def test_a_spoilt_answer_can_go_with_a_refused_send_and_an_error_with_an_accepted_one(
    sandbox: Sandbox, send: Send, hanako: str
) -> None:
    sandbox.fault("empty", calls=1, accepted=False)
    send()
    assert sandbox.texts(hanako) == []
    sandbox.fault("html", calls=1, accepted=True)
    send()
    assert sandbox.texts(hanako) == ["Hello"]


def test_a_slow_call_takes_its_time(sandbox: Sandbox, send: Send) -> None:
    sandbox.fault("slow", calls=1, seconds=0.2)
    began = time.monotonic()
    assert send().status_code == 200
    assert 0.2 <= time.monotonic() - began < 1


def test_a_call_slow_after_acceptance_is_delivered_at_once(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    sandbox.fault("slow", calls=1, seconds=0.4, when="after")
    body = {"recipient": {"id": recipient}, "message": {"text": "late"}}
    with pytest.raises(requests.ReadTimeout):
        graph.call("POST", "me/messages", json=body, timeout=0.1)
    assert sandbox.texts(hanako) == ["late"]


@pytest.mark.parametrize("distribution", ["fixed", "uniform", "exponential", "lognormal"])
def test_latency_follows_a_distribution(sandbox: Sandbox, send: Send, distribution: str) -> None:
    sandbox.fault("latency", seconds=0.001, distribution=distribution, seed=3)
    assert send().status_code == 200
    assert sandbox.sends()[0]["fault"] == "latency"


def test_a_share_of_the_calls_meets_a_fault_and_the_seed_repeats_it(
    sandbox: Sandbox, send: Send
) -> None:
    def draw() -> list[int]:
        sandbox.lift_faults()
        sandbox.fault("error", share=0.5, seed=11)
        return [send().status_code for _ in range(12)]

    first = draw()
    assert {200, 400} == set(first)
    assert draw() == first


def test_a_fault_can_meet_one_recipient_only(
    sandbox: Sandbox, graph: Graph, community: str, hanako: str
) -> None:
    sandbox.member(community, "Taro Example")
    sandbox.fault("error", recipient="taro@example.com", code=551)
    assert graph.send(graph.id_of("hanako@example.com")).status_code == 200
    assert error_of(graph.send(graph.id_of("taro@example.com"))) == (400, 551, None)


def test_a_fault_can_meet_one_endpoint_only(sandbox: Sandbox, graph: Graph, send: Send) -> None:
    sandbox.fault("html", endpoint="me/messages")
    assert graph.get("me").status_code == 200
    assert send().status_code == 500


def test_a_fault_can_be_lifted_and_tells_how_many_calls_it_met(
    sandbox: Sandbox, send: Send
) -> None:
    number = sandbox.fault("error")
    send()
    [fault] = sandbox.workplace("GET", "faults")["data"]
    assert (fault["fault_id"], fault["met"]) == (number, 1)
    assert sandbox.workplace("DELETE", f"faults/{number}") == {"removed": 1}
    assert send().status_code == 200


MAGIC: list[tuple[str, Any]] = [
    ("gone", (400, 551, 1545041)),
    ("rate-limited", (400, 613, None)),
    ("error-1200", (400, 1200, None)),
    ("missing-type", (500, 1, None)),
]


@pytest.mark.parametrize(("word", "expected"), MAGIC)
def test_a_magic_recipient_is_always_refused(
    sandbox: Sandbox, graph: Graph, community: str, word: str, expected: Any
) -> None:
    sandbox.member(community, "Somebody", f"{word}.1@example.com")
    assert error_of(graph.send(graph.id_of(f"{word}.1@example.com"))) == expected


@pytest.mark.parametrize(("name", "texts"), [("Cut Before", []), ("cut-after", ["Hello"])])
def test_a_magic_name_cuts_the_connection(
    sandbox: Sandbox, graph: Graph, community: str, name: str, texts: list[str]
) -> None:
    member = sandbox.member(community, name, "somebody@example.com")
    with pytest.raises(requests.ConnectionError):
        graph.send(graph.id_of("somebody@example.com"))
    assert sandbox.texts(member) == texts


def test_usage_headers_tell_the_level(sandbox: Sandbox, send: Send) -> None:
    entries = [{"kind": "app", "level": 28}, {"kind": "business", "level": 90, "regain_minutes": 7}]
    sandbox.workplace("PUT", "usage", {"entries": entries})
    headers = send().headers
    assert '"call_count": 28' in headers["X-App-Usage"]
    assert '"estimated_time_to_regain_access": 7' in headers["X-Business-Use-Case-Usage"]


@pytest.mark.parametrize(("kind", "code"), [("app", 4), ("page", 32), ("business", 80006)])
def test_at_a_hundred_percent_calls_are_refused(
    sandbox: Sandbox, send: Send, hanako: str, kind: str, code: int
) -> None:
    sandbox.workplace("PUT", "usage", {"entries": [{"kind": kind, "level": 100}]})
    answer = send()
    assert error_of(answer) == (400, code, None)
    assert answer.json()["error"]["is_transient"] is True
    assert sandbox.texts(hanako) == []


def test_an_allowance_is_counted_and_comes_back_with_time(sandbox: Sandbox, send: Send) -> None:
    entry = {"kind": "page", "calls": 2, "seconds": 60}
    sandbox.workplace("PUT", "usage", {"entries": [entry]})
    assert [send().status_code for _ in range(3)] == [200, 200, 400]
    sandbox.advance(61)
    assert send().status_code == 200
