from typing import Any

import pytest

from tests.plugins.graph import Graph, error_of
from tests.plugins.sandbox import Sandbox

STARTED = {"get_started": {"payload": "START"}}
MENU_ENTRY = {"type": "postback", "title": "Help", "payload": "HELP"}
MENU = [{"locale": "default", "call_to_actions": [MENU_ENTRY]}]


def change(graph: Graph, **profile: Any) -> Any:
    return graph.call("POST", "me/messenger_profile", json=profile)


def test_an_unset_profile_is_an_empty_list(graph: Graph) -> None:
    assert graph.get("me/messenger_profile", fields="greeting").json() == {"data": []}


def test_a_profile_is_set_shown_and_removed(graph: Graph) -> None:
    greeting = [{"locale": "default", "text": "Hi"}, {"locale": "ja_JP", "text": "やあ"}]
    answer = change(graph, **STARTED, greeting=greeting, persistent_menu=MENU)
    assert answer.json() == {"result": "success"}
    shown = graph.get("me/messenger_profile", fields="get_started,persistent_menu").json()
    assert shown == {"data": [{**STARTED, "persistent_menu": MENU}]}
    body = {"fields": ["persistent_menu"]}
    assert graph.call("DELETE", "me/messenger_profile", json=body).status_code == 200
    shown = graph.get("me/messenger_profile", fields="persistent_menu,greeting").json()
    assert shown == {"data": [{"greeting": greeting}]}


def test_a_profile_may_come_in_the_query(graph: Graph) -> None:
    params = {"get_started": '{"payload":"START"}'}
    assert graph.call("POST", "me/messenger_profile", params=params).status_code == 200
    shown = graph.get("me/messenger_profile", fields="get_started").json()
    assert shown == {"data": [STARTED]}


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"get_started": {}},
        {"greeting": [{"locale": "ja_JP", "text": "x"}]},
        {"greeting": [{"locale": "default", "text": "x" * 161}]},
        {"greeting": "Hi"},
        {"persistent_menu": MENU},
        {**STARTED, "persistent_menu": [{"locale": "default", "call_to_actions": []}]},
        {**STARTED, "persistent_menu": [{"locale": "default", "call_to_actions": ["x"]}]},
    ],
)
def test_a_profile_against_the_rules_is_refused(graph: Graph, profile: dict[str, Any]) -> None:
    assert error_of(change(graph, **profile)) == (400, 100, None)


def test_get_started_cannot_go_while_the_menu_needs_it(graph: Graph) -> None:
    change(graph, **STARTED, persistent_menu=MENU)
    body = {"fields": ["get_started"]}
    answer = graph.call("DELETE", "me/messenger_profile", json=body)
    assert error_of(answer) == (400, 100, None)


@pytest.mark.parametrize(
    ("older", "name", "value"),
    [
        (
            {"setting_type": "greeting", "greeting": {"text": "Hi"}},
            "greeting",
            [{"locale": "default", "text": "Hi"}],
        ),
        (
            {"thread_state": "new_thread", "call_to_actions": [{"payload": "GO"}]},
            "get_started",
            {"payload": "GO"},
        ),
        (
            {"thread_state": "existing_thread", "call_to_actions": [MENU_ENTRY]},
            "persistent_menu",
            MENU,
        ),
        (
            {
                "setting_type": "domain_whitelisting",
                "domain_action_type": "add",
                "whitelisted_domains": ["https://example.com"],
            },
            "whitelisted_domains",
            ["https://example.com"],
        ),
    ],
)
def test_the_older_thread_settings_set_the_same_profile(
    graph: Graph, older: dict[str, Any], name: str, value: Any
) -> None:
    change(graph, **STARTED)
    assert graph.call("POST", "me/thread_settings", json=older).json() == {"result": "success"}
    assert graph.get("me/messenger_profile", fields=name).json() == {"data": [{name: value}]}


@pytest.mark.parametrize(
    "older",
    [
        {"setting_type": "payment"},
        {"setting_type": ["greeting"]},
        {"setting_type": "domain_whitelisting"},
        {"thread_state": "existing_thread", "call_to_actions": "x"},
        {"call_to_actions": [5]},
    ],
)
def test_older_thread_settings_of_the_wrong_form_are_refused(
    graph: Graph, older: dict[str, Any]
) -> None:
    assert error_of(graph.call("POST", "me/thread_settings", json=older)) == (400, 100, None)


def test_the_older_thread_settings_set_get_started(graph: Graph) -> None:
    params = {
        "setting_type": "call_to_actions",
        "thread_state": "new_thread",
        "call_to_actions": '[{"payload":"START"}]',
    }
    assert graph.call("POST", "me/thread_settings", params=params).status_code == 200
    shown = graph.get("me/messenger_profile", fields="get_started").json()
    assert shown == {"data": [STARTED]}


def test_page_events_are_switched_on_and_off(graph: Graph) -> None:
    assert graph.get("me/subscribed_apps").json() == {"data": []}
    assert graph.call("POST", "me/subscribed_apps").json() == {"success": True}
    assert graph.get("me/subscribed_apps").json()["data"][0]["id"] == graph.integration.app_id
    graph.call("DELETE", "me/subscribed_apps")
    assert graph.get("me/subscribed_apps").json() == {"data": []}


def test_a_token_is_explained_to_its_own_app_only(sandbox: Sandbox, graph: Graph) -> None:
    made = graph.integration
    app_token = f"{made.app_id}|{made.app_secret}"
    params = {"input_token": made.access_token}
    data = graph.call("GET", "debug_token", token=app_token, params=params).json()["data"]
    assert (data["is_valid"], data["type"], data["expires_at"]) == (True, "PAGE", 0)
    assert data["scopes"] == ["message", "read_user_email"]
    other = sandbox.app("Other")
    app_token = f"{other['app_id']}|{other['app_secret']}"
    data = graph.call("GET", "debug_token", token=app_token, params=params).json()["data"]
    assert data["is_valid"] is False
    assert error_of(graph.get("debug_token", input_token="x")) == (400, 15, None)


@pytest.fixture
def pair(graph: Graph, sandbox: Sandbox, community: str, hanako: str) -> list[str]:
    sandbox.member(community, "Taro Example")
    return [graph.id_of("hanako@example.com"), graph.id_of("taro@example.com")]


def test_several_recipients_open_a_new_group_chat_each_time(graph: Graph, pair: list[str]) -> None:
    first = graph.post_message({"ids": pair}, {"text": "a"}).json()
    second = graph.post_message({"ids": pair}, {"text": "b"}).json()
    assert first["thread_key"].startswith("t_")
    assert first["thread_key"] != second["thread_key"]
    assert sorted(first) == ["message_id", "recipient_id", "thread_key"]


def test_a_thread_key_writes_into_the_group_chat(
    sandbox: Sandbox, graph: Graph, pair: list[str], hanako: str
) -> None:
    key = graph.post_message({"ids": pair}, {"text": "a"}).json()["thread_key"]
    answer = graph.post_message({"thread_key": key}, {"text": "b"}).json()
    assert sorted(answer) == ["message_id", "thread_key"]
    assert sandbox.texts(hanako) == ["a", "b"]


def test_a_thread_the_bot_is_not_in_is_refused(
    sandbox: Sandbox, graph: Graph, community: str, pair: list[str]
) -> None:
    key = graph.post_message({"ids": pair}, {"text": "a"}).json()["thread_key"]
    other = Graph(sandbox, sandbox.custom_integration(community, "Another"))
    assert error_of(other.post_message({"thread_key": key}, {"text": "b"})) == (400, 100, None)
    assert error_of(graph.post_message({"thread_key": "t_0"}, {"text": "b"})) == (400, 100, None)


def test_a_group_chat_is_renamed_and_its_people_changed(graph: Graph, pair: list[str]) -> None:
    key = graph.post_message({"ids": pair}, {"text": "a"}).json()["thread_key"]
    assert graph.call("POST", f"{key}/threadname", json={"name": "Lunch"}).status_code == 200
    removed = graph.call("DELETE", f"{key}/participants", json={"to": pair[1:]})
    assert removed.status_code == 200
    shown = graph.get(key, fields="name,participants").json()
    ids = [person["id"] for person in shown["participants"]["data"]]
    assert (shown["name"], ids) == ("Lunch", [pair[0], graph.integration.page_id])
    graph.call("POST", f"{key}/participants", json={"to": pair[1:]})
    listed = graph.get("me/threads", fields="participants{id}").json()["data"]
    assert [len(thread["participants"]["data"]) for thread in listed] == [3]
    assert error_of(graph.call("POST", f"{key}/participants", json={"to": ["1"]}))[1] == 100


def test_reading_a_thread_needs_the_permission(
    sandbox: Sandbox, graph: Graph, pair: list[str]
) -> None:
    key = graph.post_message({"ids": pair}, {"text": "a"}).json()["thread_key"]
    assert error_of(graph.get(f"{key}/messages")) == (403, 200, None)
    page = graph.integration.page_id
    sandbox.workplace("PATCH", f"installs/{page}", {"permissions": ["read_all_messages"]})
    [message] = graph.get(f"{key}/messages").json()["data"]
    assert (message["message"], message["from"]["id"]) == ("a", page)
