"""Requests of the client on the wire, and its reading of the library's answers."""

import json
import logging
import re
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
import responses
import time_machine

from integrations.targets.errors import (
    NotReached,
    ProofRejected,
    TargetError,
    TokenRejected,
    Unavailable,
    Unconfirmed,
)
from integrations.targets.port import Credentials
from integrations.workplace import client as client_module
from integrations.workplace.client import GraphClient
from integrations.workplace.request import Call, Expected

HOST = "https://graph.example.com"
ME = Call("me", "GET", ("me",), {"fields": "id,name"}, expected=Expected(fields=("id",)))
SEND = Call(
    "send",
    "POST",
    ("me", "messages"),
    payload={"recipient": {"id": "1"}},
    expected=Expected(fields=("message_id",), once=True),
)
REFUSED_PROOF = {"error": {"message": "Invalid appsecret_proof provided", "code": 100}}


@pytest.fixture(autouse=True)
def graph(settings):
    settings.WORKPLACE_GRAPH_URL = HOST
    settings.WORKPLACE_APP_ID = "4242"
    settings.WORKPLACE_APP_SECRET = "app-secret"
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client():
    return GraphClient(Credentials("example-token"))


def query(request: requests.PreparedRequest) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(request.url)).query)


def test_a_call_carries_the_token_in_a_header_only(graph, client):
    graph.get(f"{HOST}/me", json={"id": "1", "name": "Bot"})

    assert client.call(ME).body == {"id": "1", "name": "Bot"}
    request = graph.calls[0].request
    assert request.url == f"{HOST}/me?fields=id%2Cname"
    assert request.headers["Authorization"] == "Bearer example-token"
    assert request.headers["User-Agent"] == "Kotozute/1 (relay of direct messages from ovice)"
    assert request.body is None


def test_a_payload_travels_as_json(graph, client):
    graph.post(f"{HOST}/me/messages", json={"message_id": "m_1"})

    client.call(SEND)

    request = graph.calls[0].request
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {"recipient": {"id": "1"}}


@pytest.mark.parametrize(
    "call",
    [
        Call("any", "GET", ("me",), {"fields": "id,name"}),
        Call("any", "GET", ("community", "members", "a+b/c?d#e%~é@example.com")),
        Call("any", "GET", ("oauth",), {"redirect_uri": "https://a.example/é b?c=d&e"}),
        Call("any", "POST", ("me", "messages"), payload={"text": "Tokyo é 言伝 \U0001f363"}),
        Call("any", "POST", ("me", "messages"), payload={}),
        Call("any", "POST", ("me", "subscribed_apps"), {"x": "y"}),
        Call("any", "DELETE", ("me", "messenger_profile"), payload={"fields": ["greeting"]}),
    ],
)
@pytest.mark.parametrize("graph_url", [HOST, f"{HOST}/v13.0/"])
def test_a_request_of_ours_is_the_one_the_library_would_write(
    graph, client, settings, graph_url, call
):
    settings.WORKPLACE_GRAPH_URL = graph_url
    graph.add(call.method, re.compile(".*"), json={"id": "1"})

    client.call(call)
    client_module._session().request(
        call.method,
        f"{graph_url.rstrip('/')}/{'/'.join(quote(segment, safe='') for segment in call.path)}",
        params=call.query,
        json=call.payload,
        headers={"Authorization": "Bearer example-token"},
    )

    ours, theirs = (made.request for made in graph.calls)
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert ours.headers == theirs.headers


def test_one_call_leaves_nothing_to_the_next(graph):
    graph.post(f"{HOST}/me/messages", json={"message_id": "m_1"})

    GraphClient(Credentials("one-token")).call(SEND)
    GraphClient.nobody().call(Call("action", "POST", ("me", "messages")))

    after = graph.calls[1].request
    assert "Authorization" not in after.headers
    assert after.body is None
    assert after.headers["Content-Length"] == "0"


def test_with_a_secret_every_call_has_a_proof_of_its_own(graph):
    graph.get(f"{HOST}/me", json={"id": "1"})
    client = GraphClient(Credentials("DQVexampletoken", "example-app-secret"))

    for moment in (1_700_000_003, 1_700_000_004):
        with time_machine.travel(moment, tick=False):
            client.call(ME)

    times = [query(call.request)["appsecret_time"] for call in graph.calls]
    proofs = [query(call.request)["appsecret_proof"] for call in graph.calls]
    assert times == [["1700000000"], ["1700000001"]]
    assert proofs[0] == ["7686c4d5d98b19e701091d8a86df9b5cd3cb2575f545de8da6f5651a8d8eca92"]
    assert proofs[1] != proofs[0]


def test_a_refused_proof_is_tried_once_more_and_then_believed(graph):
    graph.get(f"{HOST}/me", status=400, json=REFUSED_PROOF)

    with pytest.raises(ProofRejected):
        GraphClient(Credentials("example-token", "secret")).call(ME)

    assert len(graph.calls) == 2


def test_a_fresh_proof_may_be_accepted(graph):
    graph.get(f"{HOST}/me", status=400, json=REFUSED_PROOF)
    graph.get(f"{HOST}/me", json={"id": "1"})

    assert GraphClient(Credentials("example-token", "secret")).call(ME).body == {"id": "1"}


def test_without_a_secret_a_demand_for_a_proof_is_final(graph, client):
    graph.get(f"{HOST}/me", status=400, json=REFUSED_PROOF)

    with pytest.raises(ProofRejected):
        client.call(ME)

    assert len(graph.calls) == 1


def test_the_app_calls_with_its_own_token_and_no_proof(graph):
    graph.get(f"{HOST}/me", json={"id": "1"})

    GraphClient.of_the_app().call(ME)

    request = graph.calls[0].request
    assert request.headers["Authorization"] == "Bearer 4242|app-secret"
    assert query(request) == {"fields": ["id,name"]}


def test_a_call_of_nobody_carries_no_token(graph):
    graph.get(f"{HOST}/me", json={"id": "1"})

    GraphClient.nobody().call(ME)

    assert "Authorization" not in graph.calls[0].request.headers


def test_the_host_may_end_in_a_version(graph, client, settings):
    settings.WORKPLACE_GRAPH_URL = f"{HOST}/v13.0/"
    graph.get(f"{HOST}/v13.0/me", json={"id": "1"})

    client.call(ME)

    assert graph.calls[0].request.path_url == "/v13.0/me?fields=id%2Cname"


def test_a_path_segment_cannot_reach_another_node(graph, client):
    graph.get(f"{HOST}/a%2Fb%3Fc%23d%25%2B%40%20..", json={"id": "1"})

    client.call(Call("odd", "GET", ("a/b?c#d%+@ ..",)))

    assert graph.calls[0].request.path_url == "/a%2Fb%3Fc%23d%25%2B%40%20.."


def test_a_redirect_is_not_followed(graph, client):
    graph.get(f"{HOST}/me", status=302, headers={"Location": f"{HOST}/elsewhere"})

    with pytest.raises(TargetError) as caught:
        client.call(ME)

    assert (type(caught.value), caught.value.code) == (TargetError, "http/302")


def test_cookies_are_not_kept(graph, client):
    graph.get(f"{HOST}/me", json={"id": "1"}, headers={"Set-Cookie": "datr=1; Path=/"})

    for _time in range(2):
        client.call(ME)

    assert "Cookie" not in graph.calls[1].request.headers


def test_an_answer_is_read_up_to_a_size(graph, client):
    graph.get(f"{HOST}/me", body=b'{"id":"' + b"1" * client_module.LARGEST_ANSWER + b'"}')

    with pytest.raises(Unavailable) as caught:
        client.call(ME)

    assert caught.value.code == "cut"


@pytest.mark.parametrize(
    ("failure", "errors", "code"),
    [
        (requests.ConnectTimeout(), [NotReached, NotReached], "connect"),
        (requests.ReadTimeout(), [Unavailable, Unconfirmed], "timeout"),
        (requests.ConnectionError(), [Unavailable, Unconfirmed], "cut"),
        (requests.exceptions.ChunkedEncodingError(), [Unavailable, Unconfirmed], "cut"),
        (requests.exceptions.SSLError(), [Unavailable, Unconfirmed], "cut"),
    ],
)
def test_failures_of_the_library_become_ours(graph, client, failure, errors, code):
    graph.get(f"{HOST}/me", body=failure)
    graph.post(f"{HOST}/me/messages", body=failure)

    for call, error in zip((ME, SEND), errors, strict=True):
        with pytest.raises(TargetError) as caught:
            client.call(call)
        assert (type(caught.value), caught.value.code) == (error, code)
        assert caught.value.__context__ is None


@pytest.mark.parametrize("token", ["two\nlines", "全角", "curly“quote”", "nul\x00"])
def test_a_token_that_no_header_can_carry_is_refused_unsent(graph, token):
    with pytest.raises(TokenRejected) as caught:
        GraphClient(Credentials(token)).call(ME)

    assert caught.value.code == "malformed"


def test_a_log_line_tells_kind_outcome_code_trace_and_time(graph, client, caplog):
    caplog.set_level(logging.INFO)
    error = {"code": 190, "error_subcode": 458, "message": "Gone", "fbtrace_id": "AbCdEf"}
    graph.get(f"{HOST}/me", status=400, json={"error": error})

    with pytest.raises(TokenRejected):
        client.call(ME)

    assert caplog.records[0].levelname == "INFO"
    fields = vars(caplog.records[0])["fields"]
    assert fields.pop("ms") >= 0
    assert fields == {
        "call": "me",
        "outcome": "token_rejected",
        "code": "190/458",
        "trace": "AbCdEf",
    }


def test_an_unknown_code_is_a_warning_with_the_code(graph, client, caplog):
    graph.get(f"{HOST}/me", status=400, json={"error": {"code": 4242, "message": "News"}})

    with pytest.raises(TargetError):
        client.call(ME)

    assert [(record.levelname, vars(record)["fields"]["code"]) for record in caplog.records] == [
        ("WARNING", "4242")
    ]


def test_usage_is_read_on_every_answer(graph, client):
    graph.get(f"{HOST}/me", json={"id": "1"}, headers={"X-App-Usage": '{"call_count":81}'})
    graph.post(f"{HOST}/me/messages", status=503, headers={"Retry-After": "30"})

    assert client.call(ME).usage.highest == 81
    with pytest.raises(Unavailable) as caught:
        client.call(SEND)
    assert caught.value.wait == timedelta(seconds=30)


def test_the_pool_keeps_a_connection_for_every_worker_thread(settings):
    client_module._session.cache_clear()
    settings.WORKER_THREADS = 37

    pool = vars(client_module._session().get_adapter(HOST))
    client_module._session.cache_clear()

    assert pool["_pool_maxsize"] == 37


def test_proxies_and_credentials_of_the_environment_are_ignored():
    assert client_module._session().trust_env is False
