import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

import facebook
import pytest

from tests.plugins.graph import Graph, error_of, proof
from tests.plugins.receiver import Received, Receiver, wait_until
from tests.plugins.sandbox import Integration, Sandbox

FIELDS = ["messages", "messaging_postbacks", "message_echoes", "message_reads"]


@pytest.fixture
def subscribed(sandbox: Sandbox, graph: Graph, receiver: Receiver) -> Graph:
    subscribe(sandbox, graph, receiver, FIELDS)
    return graph


def subscribe(sandbox: Sandbox, graph: Graph, receiver: Receiver, fields: list[str]) -> None:
    values = {"callback_url": f"{receiver.url}/hook", "verify_token": receiver.verify_token}
    path = f"installs/{graph.integration.page_id}/webhooks"
    sandbox.workplace("POST", path, {**values, "fields": fields})


def items(posts: list[Received]) -> list[dict[str, Any]]:
    bodies = [json.loads(post.body) for post in posts]
    return [item for body in bodies for entry in body["entry"] for item in entry["messaging"]]


def attempts(sandbox: Sandbox, number: int) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        return list(sandbox.workplace("GET", "webhooks")["data"])

    wait_until(lambda: len(read()) >= number, f"{number} attempts")
    return read()


def test_a_members_text_arrives_as_an_event(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, community: str, hanako: str
) -> None:
    page = subscribed.integration.page_id
    sent = sandbox.act(hanako, page, text="こんにちは")
    [post] = receiver.wait_for(1)
    body = json.loads(post.body)
    assert (body["object"], body["entry"][0]["id"]) == ("page", page)
    [item] = items([post])
    assert item["sender"] == {
        "id": subscribed.id_of("hanako@example.com"),
        "community": {"id": int(community)},
    }
    assert item["recipient"] == {"id": page}
    assert item["message"] == {"mid": sent["message_id"], "text": "こんにちは"}


def test_the_body_is_escaped_and_signed_with_both_headers(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    sandbox.act(hanako, subscribed.integration.page_id, text="ä")
    [post] = receiver.wait_for(1)
    assert b"\\u00e4" in post.body
    key = subscribed.integration.app_secret.encode()
    for header, algorithm in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
        expected = hmac.new(key, post.body, getattr(hashlib, algorithm)).hexdigest()
        assert post.headers[header] == f"{algorithm}={expected}"


def test_the_community_id_can_come_as_text(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, community: str, hanako: str
) -> None:
    sandbox.workplace("PUT", "webhooks", {"numeric_community": False})
    sandbox.act(hanako, subscribed.integration.page_id, text="x")
    [item] = items(receiver.wait_for(1))
    assert item["sender"]["community"] == {"id": community}


def test_a_quick_reply_comes_with_its_title_as_text_and_a_tap_as_postback(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    page = subscribed.integration.page_id
    sandbox.act(hanako, page, payload="HELP", title="Help", quick_reply=True)
    sandbox.act(hanako, page, payload="STOP", title="Stop")
    first, second = items(receiver.wait_for(2))
    assert first["message"]["text"] == "Help"
    assert first["message"]["quick_reply"] == {"payload": "HELP"}
    assert (second["postback"]["title"], second["postback"]["payload"]) == ("Stop", "STOP")


def test_the_bots_own_message_is_echoed_with_its_metadata(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    recipient = subscribed.id_of("hanako@example.com")
    sent = subscribed.send(recipient, "hi", metadata="delivery-1").json()
    [item] = items(receiver.wait_for(1))
    assert item["sender"]["id"] == subscribed.integration.page_id
    assert item["recipient"] == {"id": recipient}
    echo = item["message"]
    assert (echo["is_echo"], echo["mid"]) == (True, sent["message_id"])
    assert echo["metadata"] == "delivery-1"


def test_every_event_names_the_community_and_a_groups_its_thread(
    sandbox: Sandbox, graph: Graph, receiver: Receiver, community: str, hanako: str
) -> None:
    subscribe(sandbox, graph, receiver, [*FIELDS, "message_deliveries"])
    sandbox.member(community, "Taro Example")
    page = graph.integration.page_id
    people = [graph.id_of(f"{name}@example.com") for name in ("hanako", "taro")]
    graph.send(people[0])
    thread = graph.post_message({"ids": people}, {"text": "a"}).json()["thread_key"]
    for chat in ({"page": page}, {"thread": thread}):
        for act in ({"text": "a"}, {"payload": "A"}, {"read": True}):
            sandbox.workplace("POST", "chat", {"member": hanako, **chat, **act})
    events = items(receiver.wait_for(10))
    assert [one["sender"]["community"] for one in events] == [{"id": int(community)}] * 10
    assert [one["thread"] for one in events if "thread" in one] == [{"id": thread}] * 5


def test_only_subscribed_fields_are_sent(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    app_token = f"{subscribed.integration.app_id}|{subscribed.integration.app_secret}"
    body = {"object": "page", "fields": ["messages"]}
    subscribed.call("DELETE", "app/subscriptions", token=app_token, json=body)
    sandbox.act(hanako, subscribed.integration.page_id, text="unheard")
    sandbox.act(hanako, subscribed.integration.page_id, payload="HEARD")
    [item] = items(receiver.wait_for(1))
    assert item["postback"]["payload"] == "HEARD"


def test_a_failed_event_is_sent_again_with_the_same_bytes(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    receiver.statuses = [500, 302]
    sandbox.workplace("PUT", "webhooks", {"retry_seconds": [0, 100, 1000]})
    sandbox.act(hanako, subscribed.integration.page_id, text="again")
    receiver.wait_for(2)
    attempts(sandbox, 2)
    sandbox.advance(101)
    posts = receiver.wait_for(3)
    assert len({post.body for post in posts}) == 1
    assert [a["status"] for a in attempts(sandbox, 3)] == [500, 302, 200]


def test_a_subscription_that_fails_too_long_is_switched_off(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    receiver.statuses = [500] * 9
    values = {"retry_seconds": [10, 100, 1000], "disable_after_seconds": 60}
    sandbox.workplace("PUT", "webhooks", values)
    sandbox.act(hanako, subscribed.integration.page_id, text="again")
    for number, seconds in ((1, 11), (2, 101)):
        attempts(sandbox, number)
        sandbox.advance(seconds)
    attempts(sandbox, 3)
    app_token = f"{subscribed.integration.app_id}|{subscribed.integration.app_secret}"
    [listed] = subscribed.call("GET", "app/subscriptions", token=app_token).json()["data"]
    assert listed["active"] is False
    sandbox.act(hanako, subscribed.integration.page_id, text="unheard")
    assert len(receiver.posts) == 3


def test_events_can_be_duplicated(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    sandbox.workplace("PUT", "webhooks", {"duplicates": 2})
    sandbox.act(hanako, subscribed.integration.page_id, text="thrice")
    posts = receiver.wait_for(3)
    assert len({post.body for post in posts}) == 1


def test_events_can_be_held_and_sent_in_reverse(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    sandbox.workplace("PUT", "webhooks", {"hold": True, "reverse": True})
    for text in ("one", "two", "three"):
        sandbox.act(hanako, subscribed.integration.page_id, text=text)
    assert receiver.posts == []
    assert sandbox.workplace("POST", "webhooks/flush") == {"events": 3}
    texts = [item["message"]["text"] for item in items(receiver.wait_for(3))]
    assert texts == ["three", "two", "one"]


def test_several_events_can_share_one_post(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    sandbox.workplace("PUT", "webhooks", {"batch": 2})
    sandbox.act(hanako, subscribed.integration.page_id, text="one")
    assert receiver.posts == []
    sandbox.act(hanako, subscribed.integration.page_id, text="two")
    texts = [item["message"]["text"] for item in items(receiver.wait_for(1))]
    assert texts == ["one", "two"]


def test_events_can_be_delayed(
    sandbox: Sandbox, subscribed: Graph, receiver: Receiver, hanako: str
) -> None:
    sandbox.workplace("PUT", "webhooks", {"delay_seconds": 60})
    sandbox.act(hanako, subscribed.integration.page_id, text="later")
    assert receiver.posts == []
    sandbox.advance(61)
    assert len(receiver.wait_for(1)) == 1


def test_a_callback_is_verified_before_it_is_stored(graph: Graph, receiver: Receiver) -> None:
    token = f"{graph.integration.app_id}|{graph.integration.app_secret}"
    form = {
        "object": "page",
        "callback_url": f"{receiver.url}/hook",
        "verify_token": receiver.verify_token,
        "fields": "messages,messaging_postbacks",
    }
    path = f"{graph.integration.app_id}/subscriptions"
    wrong = graph.call("POST", path, token=token, data=form | {"verify_token": "wrong"})
    assert error_of(wrong) == (400, 2200, None)
    assert graph.call("GET", path, token=token).json() == {"data": []}
    assert graph.call("POST", path, token=token, data=form).json() == {"success": True}
    [listed] = graph.call("GET", path, token=token).json()["data"]
    assert listed["callback_url"] == f"{receiver.url}/hook"
    assert [field["name"] for field in listed["fields"]] == ["messages", "messaging_postbacks"]
    assert graph.call("DELETE", path, token=token, data={"object": "page"}).status_code == 200
    assert graph.call("GET", path, token=token).json() == {"data": []}


@pytest.mark.parametrize(
    "changes",
    [{"object": "x"}, {"fields": "x"}, {"fields": ""}, {"callback_url": "ftp://example.com"}],
)
def test_a_senseless_subscription_is_refused(
    graph: Graph, receiver: Receiver, changes: dict[str, str]
) -> None:
    token = f"{graph.integration.app_id}|{graph.integration.app_secret}"
    form = {
        "object": "page",
        "callback_url": receiver.url,
        "verify_token": receiver.verify_token,
        "fields": "messages",
    }
    answer = graph.call("POST", "app/subscriptions", token=token, data=form | changes)
    assert error_of(answer) == (400, 100, None)


def test_a_callback_that_does_not_echo_is_refused(graph: Graph, receiver: Receiver) -> None:
    receiver.echo = False
    token = f"{graph.integration.app_id}|{graph.integration.app_secret}"
    form = {
        "object": "page",
        "callback_url": receiver.url,
        "verify_token": receiver.verify_token,
        "fields": "messages",
    }
    answer = graph.call("POST", "app/subscriptions", token=token, data=form)
    assert error_of(answer) == (400, 2200, None)


def test_subscriptions_need_the_app_token(graph: Graph) -> None:
    assert error_of(graph.get("app/subscriptions")) == (400, 15, None)


def signed_request(post: Received) -> str:
    return parse_qs(post.body.decode())["signed_request"][0]


def test_an_uninstall_is_told_in_the_workplace_form(
    sandbox: Sandbox, installed: Integration, receiver: Receiver, community: str
) -> None:
    sandbox.uninstall(installed.page_id)
    [post] = receiver.wait_for(1)
    assert post.path == "/deauthorize"
    signature, payload = signed_request(post).split(".")
    assert len(signature) == 86
    assert b'"community_id":"%s"' % community.encode() in _decoded(payload)
    expected = hmac.new(installed.app_secret.encode(), payload.encode(), hashlib.sha256)
    assert _decoded(signature).decode() == expected.hexdigest()


def test_the_consumer_form_is_one_that_a_public_library_verifies(
    sandbox: Sandbox, installed: Integration, receiver: Receiver, community: str
) -> None:
    sandbox.workplace("PATCH", f"apps/{installed.app_id}", {"encoding": "consumer"})
    sandbox.uninstall(installed.page_id)
    text = signed_request(receiver.wait_for(1)[0])
    data = facebook.parse_signed_request(text, installed.app_secret)
    assert data["community_id"] == community
    assert facebook.parse_signed_request(text, "wrong") is False


def test_the_encoding_of_one_call_by_hand_is_not_kept(
    sandbox: Sandbox, installed: Integration, receiver: Receiver
) -> None:
    values = {"payload": {"community_id": 5}, "encoding": "consumer"}
    sandbox.workplace("POST", f"apps/{installed.app_id}/deauthorize", values)
    sandbox.uninstall(installed.page_id)
    by_hand, of_its_own = map(signed_request, receiver.wait_for(2))
    assert [len(text.split(".")[0]) for text in (by_hand, of_its_own)] == [43, 86]


def test_an_uninstalled_token_is_dead_with_and_without_proof(
    sandbox: Sandbox, installed: Integration
) -> None:
    sandbox.uninstall(installed.page_id)
    graph = Graph(sandbox, installed)
    assert error_of(graph.get("me", **proof(installed))) == (401, 190, 458)


def test_a_lost_uninstall_call_is_made_again(
    sandbox: Sandbox, installed: Integration, receiver: Receiver
) -> None:
    receiver.statuses = [503]
    sandbox.uninstall(installed.page_id)
    first, second = receiver.wait_for(2)
    assert first.body == second.body


def test_a_forged_uninstall_call_can_be_made(
    sandbox: Sandbox, installed: Integration, receiver: Receiver
) -> None:
    values = {"payload": {"community_id": 5}, "secret": "not the app's"}
    sandbox.workplace("POST", f"apps/{installed.app_id}/deauthorize", values)
    text = signed_request(receiver.wait_for(1)[0])
    assert facebook.parse_signed_request(text, installed.app_secret) is False
    assert Graph(sandbox, installed).get("me", **proof(installed)).status_code == 200


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_change_comes_in_seconds_and_with_the_community_as_text(
    sandbox: Sandbox, graph: Graph, receiver: Receiver, community: str
) -> None:
    page = graph.integration.page_id
    change = {"page": page, "field": "mention", "value": {"item": "post", "message": "ä @bot"}}
    assert sandbox.workplace("POST", "changes", change) == {"sent": False}
    subscription = {
        "object": "page",
        "callback_url": f"{receiver.url}/hook",
        "verify_token": receiver.verify_token,
        "fields": "mention",
    }
    token = f"{graph.integration.app_id}|{graph.integration.app_secret}"
    assert graph.call("POST", "app/subscriptions", token=token, json=subscription).ok
    assert sandbox.workplace("POST", "changes", change) == {"sent": True}
    [post] = receiver.wait_for(1)
    [entry] = json.loads(post.body)["entry"]
    value = {"community": {"id": community}, "item": "post", "message": "ä @bot"}
    assert entry["changes"] == [{"field": "mention", "value": value}]
    assert (entry["id"], len(str(entry["time"]))) == (page, 10)
    assert post.headers["X-Hub-Signature"] == "sha1=" + signature(graph, post.body, "sha1")


def signature(graph: Graph, body: bytes, digest: str) -> str:
    return hmac.new(graph.integration.app_secret.encode(), body, digest).hexdigest()
