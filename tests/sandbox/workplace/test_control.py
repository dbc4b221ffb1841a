from typing import Any

import pytest
import requests

from tests.plugins.graph import Graph
from tests.plugins.sandbox import Sandbox


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "workplace/communities", {}),
        ("POST", "workplace/communities", {"name": ""}),
        ("POST", "workplace/communities", {"name": "x", "id": "abc"}),
        ("POST", "workplace/communities/1/members", {"name": "x", "email": "x@example.com"}),
        ("POST", "workplace/communities/1/members", {"members": "x"}),
        ("PATCH", "workplace/members/1", {"active": False}),
        ("POST", "workplace/communities/1/integrations", {"name": "x"}),
        ("POST", "workplace/communities/1/installs", {"app_id": "1"}),
        ("DELETE", "workplace/installs/1", None),
        ("POST", "workplace/faults", {"kind": "meteor"}),
        ("POST", "workplace/faults", {"kind": "error", "colour": "red"}),
        ("POST", "workplace/faults", {"kind": "error", "calls": "3"}),
        ("POST", "workplace/faults", {"kind": "error", "share": 2}),
        ("POST", "workplace/faults", {"kind": "slow", "when": "never"}),
        ("POST", "workplace/faults", {"kind": "latency", "distribution": "x"}),
        ("PUT", "workplace/usage", {"entries": [{"kind": "x"}]}),
        ("PUT", "workplace/usage", {"entries": 5}),
        ("PUT", "workplace/behaviour", {"unavailable_code": "x"}),
        ("PUT", "workplace/behaviour", {"deactivated_lookup": "x"}),
        ("PUT", "workplace/webhooks", {"signatures": "md5"}),
        ("POST", "workplace/chat", {"member": "1", "page": "1", "text": "x"}),
        ("POST", "workplace/apps", {"name": "x", "encoding": "x"}),
        ("GET", "workplace/calls?after=x", None),
        ("GET", "workplace/messages?member=1", None),
        ("POST", "workplace/faults", {"kind": "error", "status": 99}),
        ("POST", "workplace/faults", {"kind": "error", "status": 100_000}),
        ("POST", "workplace/faults", {"kind": "error", "calls": -1}),
        ("POST", "workplace/faults", {"kind": "error", "headers": {"a": "b\r\nc"}}),
        ("POST", "workplace/faults", {"kind": "error", "headers": {"a b": "c"}}),
        ("POST", "workplace/faults", {"kind": "slow", "seconds": -1}),
        ("POST", "workplace/faults", {"kind": "slow", "seconds": 1e300}),
        ("PUT", "workplace/webhooks", {"batch": 0}),
        ("PUT", "workplace/webhooks", {"duplicates": 10**9}),
        ("PUT", "workplace/webhooks", {"retry_seconds": [-1]}),
        ("PUT", "workplace/behaviour", {"invalid_token_status": 7}),
        ("POST", "clock", {"advance_seconds": "x"}),
        ("POST", "clock", {"advance_seconds": 1e300}),
        ("POST", "clock", {"advance_seconds": -1e18}),
        ("PUT", "relay", {"base_url": "ftp://example.com"}),
    ],
)
def test_a_wrong_control_request_says_what_was_wrong(
    sandbox: Sandbox, method: str, path: str, body: Any
) -> None:
    url = f"{sandbox.web_url}/control/{path}"
    answer = requests.request(method, url, json=body, timeout=5)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b'{"a":NaN}', b'{"a":1e999}', b"[" * 9999])
def test_a_control_body_must_be_a_json_object(sandbox: Sandbox, body: bytes) -> None:
    url = f"{sandbox.web_url}/control/workplace/communities"
    assert requests.post(url, data=body, timeout=5).status_code == 400


def test_two_members_of_a_community_cannot_share_an_address(
    sandbox: Sandbox, community: str, hanako: str
) -> None:
    url = f"{sandbox.web_url}/control/workplace/communities/{community}/members"
    body = {"name": "Another", "email": "Hanako@Example.com"}
    assert requests.post(url, json=body, timeout=5).status_code == 400


def test_a_community_may_be_given_its_id(sandbox: Sandbox) -> None:
    assert sandbox.community(id="1000000001") == "1000000001"


def test_an_id_made_up_is_one_that_javascript_can_hold_unless_asked_otherwise(
    sandbox: Sandbox, community: str
) -> None:
    assert len(community) == 16
    assert int(community) < 2**53
    sandbox.behave(community_id_digits=18)
    assert int(sandbox.community("Other")) > 2**53


def test_an_app_may_be_given_id_and_secret_and_points_at_the_relay(sandbox: Sandbox) -> None:
    sandbox.relay("http://127.0.0.1:9")
    made = sandbox.app(app_id="777", app_secret="s3cret")
    assert (made["app_id"], made["app_secret"]) == ("777", "s3cret")
    assert made["redirect_uris"] == ["http://127.0.0.1:9/workplace/callback"]
    assert made["deauthorize_url"] == "http://127.0.0.1:9/workplace/deauthorize"


def test_calls_are_listed_in_order_with_a_fingerprint_for_the_token(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    graph.send(recipient, "hello")
    graph.send("123", "hello")
    calls = sandbox.calls()
    assert [(c["method"], c["path"], c["status"]) for c in calls] == [
        ("GET", "hanako@example.com", 200),
        ("POST", "me/messages", 200),
        ("POST", "me/messages", 400),
    ]
    assert [c["accepted"] for c in calls] == [False, True, False]
    assert calls[1]["recipient"] == {"id": recipient}
    assert calls[1]["body"]["message"] == {"text": "hello"}
    assert calls[2]["error_code"] == 100
    assert graph.integration.access_token not in str(calls)
    assert [c["number"] for c in sandbox.calls(after=calls[0]["number"])] == [
        calls[1]["number"],
        calls[2]["number"],
    ]


def test_a_reset_forgets_all_but_the_relay(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    sandbox.relay("http://127.0.0.1:9")
    sandbox.advance(100)
    sandbox.reset()
    assert sandbox.workplace("GET", "communities") == {"data": []}
    assert sandbox.calls() == []
    health = sandbox.control("GET", "health")
    assert (health["relay"], health["status"]) == ("http://127.0.0.1:9", "ok")
    assert sandbox.control("POST", "clock", {"advance_seconds": 0})["offset_seconds"] == 0


def test_members_are_listed_with_the_id_each_app_knows(
    sandbox: Sandbox, graph: Graph, community: str, hanako: str
) -> None:
    [person] = sandbox.workplace("GET", f"communities/{community}/members")["data"]
    page = graph.integration.page_id
    assert person["app_scoped_ids"] == {page: graph.id_of("hanako@example.com")}


def test_typing_and_seen_can_be_read_back(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    page, recipient = graph.integration.page_id, graph.id_of("hanako@example.com")
    sandbox.act(hanako, page, text="hello?")
    for action in ("mark_seen", "typing_on"):
        graph.post_message({"id": recipient}, sender_action=action)
    [message] = sandbox.chat(hanako)
    assert (message["seen_by_bot"], message["bot_is_typing"]) == (True, True)
    sandbox.advance(21)
    assert sandbox.chat(hanako)[0]["bot_is_typing"] is False


def test_a_bot_without_permission_cannot_be_written_to(
    sandbox: Sandbox, community: str, hanako: str
) -> None:
    made = sandbox.custom_integration(community, permissions=["read_user_email"])
    body = {"member": hanako, "page": made.page_id, "text": "hello"}
    url = f"{sandbox.web_url}/control/workplace/chat"
    assert requests.post(url, json=body, timeout=5).status_code == 400


def test_many_members_are_made_in_one_call(sandbox: Sandbox, graph: Graph, community: str) -> None:
    people = [{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(3)]
    made = sandbox.members(community, people)
    assert [person["email"] for person in made] == [person["email"] for person in people]
    page = graph.integration.page_id
    assert made[2]["app_scoped_ids"] == {page: graph.id_of("p2@example.com")}


def test_a_freed_address_can_be_given_to_somebody_else(
    sandbox: Sandbox, graph: Graph, community: str, hanako: str
) -> None:
    before = graph.id_of("hanako@example.com")
    sandbox.change_member(hanako, email="hanako.old@example.com")
    sandbox.member(community, "Another Hanako", "hanako@example.com")
    assert graph.id_of("hanako@example.com") != before
