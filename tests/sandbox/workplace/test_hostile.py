"""Every hostile input gets the platform's own envelope and never a stack trace."""

import string
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.workplace import content, parameters, selection
from sandbox.workplace.errors import GraphError
from tests.plugins.graph import Graph
from tests.plugins.sandbox import Sandbox

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("text", "attachment", "quick_replies", "type", "payload", "template_type", "buttons")
MESSAGES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5)
OVER_HTTP = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def refusal(read: Callable[[], object]) -> int | None:
    """Return the code of the refusal, None where there is none; any other error passes on."""
    try:
        read()
    except GraphError as error:
        return error.code
    return None


@given(query=st.text(alphabet=string.printable), body=st.binary(), is_json=st.booleans())
@example(query="a[[]]=1&a[b=2&[x]=3&a=4&a[]=5", body=b"", is_json=False)
@example(query="", body=b"[" * 100_000, is_json=True)
def test_parameters_are_read_or_refused(query: str, body: bytes, is_json: bool) -> None:
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    assert refusal(lambda: parameters.read(query, kind, body)) in (None, 100)


@given(
    pairs=st.dictionaries(
        st.text(alphabet=string.ascii_letters, min_size=1),
        st.text(alphabet=string.ascii_letters + " あ"),
        max_size=5,
    )
)
def test_bracket_keys_rebuild_what_was_nested(pairs: dict[str, str]) -> None:
    query = "&".join(f"top[{key}]={value}" for key, value in pairs.items())
    expected = {"top": pairs} if pairs else {}
    assert parameters.read(query.replace(" ", "+"), "", b"") == expected


@given(text=st.text(alphabet="abc_{}(),.12 ;limit"))
@example(text="a{" * 5_000)
@example(text="a.fields(b{" * 5_000)
@example(text="a{b}," * 20_000 + " " * 20_000)
def test_field_lists_are_read_or_refused(text: str) -> None:
    assert refusal(lambda: selection.wanted({"fields": text}, "id")) in (None, 2500)


@given(message=JSON | MESSAGES)
def test_a_message_is_accepted_or_refused_with_code_100(message: Any) -> None:
    assert refusal(lambda: content.check(message, cuts_titles=True)) in (None, 100)


@OVER_HTTP
@given(body=st.dictionaries(st.sampled_from(["recipient", "message", "sender_action"]), JSON))
def test_a_hostile_send_gets_the_platforms_envelope(graph: Graph, body: dict[str, Any]) -> None:
    answer = graph.call("POST", "me/messages", json=_finite(body))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def spoilt(value: Any) -> st.SearchStrategy[Any]:
    """Return what was good, with one part of it, however deep, replaced by anything."""
    if isinstance(value, dict) and value:
        return st.sampled_from(sorted(value)).flatmap(
            lambda name: spoilt(value[name]).map(lambda part: value | {name: part})
        )
    if isinstance(value, list) and value:
        return spoilt(value[0]).map(lambda part: [part, *value[1:]]) | JSON
    return JSON


BUTTONS = [{"type": "postback", "title": "Stop", "payload": "STOP"}]
REPLIES = [{"content_type": "text", "title": "Help", "payload": "HELP"}]
TEMPLATE = {"template_type": "button", "text": "a", "buttons": BUTTONS}
SENDS = [
    {"message": {"text": "a", "quick_replies": REPLIES}, "messaging_type": "UPDATE"},
    {"message": {"attachment": {"type": "template", "payload": TEMPLATE}}},
    {"message": {"attachment": {"type": "image", "payload": {"url": "https://example.com/"}}}},
    {"sender_action": "typing_on"},
]
ACTIONS = {"type": "web_url", "title": "Help", "url": "https://example.com/"}
PROFILE = {
    "get_started": {"payload": "GO"},
    "greeting": [{"locale": "default", "text": "Hi"}],
    "persistent_menu": [{"locale": "default", "call_to_actions": [ACTIONS]}],
    "home_url": {"url": "https://example.com/"},
}
FAULT = {"kind": "slow", "distribution": "fixed", "when": "before", "seconds": 0, "headers": {}}


@OVER_HTTP
@given(body=st.sampled_from(SENDS).flatmap(spoilt))
@example(body={"message": {"text": "a"}, "messaging_type": []})
@example(body={"sender_action": {}})
@example(body={"message": {"attachment": {"type": [], "payload": {}}}})
@example(body={"message": {"attachment": {"type": "template", "payload": {"template_type": []}}}})
def test_a_good_send_with_one_bad_part_is_answered(
    graph: Graph, hanako: str, body: dict[str, Any]
) -> None:
    recipient = {"id": graph.id_of("hanako@example.com")}
    answer = graph.call("POST", "me/messages", json=_finite({"recipient": recipient} | body))
    assert answer.status_code == 200 or answer.json()["error"]["code"] == 100


@OVER_HTTP
@given(profile=spoilt(PROFILE))
@example(profile=PROFILE | {"greeting": [*PROFILE["greeting"], {"locale": [], "text": "Hi"}]})
def test_a_profile_with_one_bad_part_is_answered_and_its_chat_can_be_seen(
    sandbox: Sandbox, graph: Graph, hanako: str, profile: dict[str, Any]
) -> None:
    answer = graph.call("POST", "me/messenger_profile", json=_finite(profile))
    assert answer.status_code == 200 or answer.json()["error"]["code"] == 100
    graph.send(graph.id_of("hanako@example.com"))
    thread = sandbox.chat(hanako)[0]["thread_id"]
    assert requests.get(f"{sandbox.web_url}/chat/{hanako}/{thread}", timeout=5).ok


@OVER_HTTP
@given(fault=spoilt(FAULT), usage=spoilt([{"kind": "app", "level": 0}]))
@example(fault={"kind": []}, usage=[{"kind": {}}])
@example(fault={"kind": "slow", "distribution": []}, usage=[])
def test_a_fault_or_an_allowance_with_one_bad_part_is_taken_or_refused(
    sandbox: Sandbox, fault: dict[str, Any], usage: list[Any]
) -> None:
    url = f"{sandbox.web_url}/control/workplace"
    for method, path, body in (("POST", "faults", fault), ("PUT", "usage", {"entries": usage})):
        answer = requests.request(method, f"{url}/{path}", json=_finite(body), timeout=5)
        assert answer.status_code in (200, 201, 400)


@OVER_HTTP
@given(path=st.text(alphabet="abz09@._%/{}~-あ", min_size=1))
def test_a_hostile_path_gets_the_platforms_envelope(graph: Graph, path: str) -> None:
    answer = graph.call("GET", path.replace("%", "%25").strip("./") or "x")
    assert "error" in answer.json()


@pytest.mark.parametrize(
    "recipient", [{"ids": "x"}, {"ids": []}, {"ids": [{}]}, {"id": []}, {"thread_key": {}}]
)
def test_a_recipient_with_the_wrong_type_inside_is_refused(graph: Graph, recipient: Any) -> None:
    answer = graph.post_message(recipient, {"text": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_half_a_character_is_refused_wherever_it_stands(graph: Graph, hanako: str) -> None:
    recipient = graph.id_of("hanako@example.com")
    nested = {"recipient": f'{{"id":"{recipient}"}}', "message": '{"text":"\\ud83d"}'}
    for arguments in (
        {"data": '{"access_token":"\\ud800"}', "headers": {"Content-Type": "application/json"}},
        {"json": {"recipient": {"id": recipient}, "message": {"text": "\ud83d"}}},
        {"data": nested},
    ):
        answer = graph.call("POST", "me/messages", **arguments)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_a_token_of_wild_bytes_is_refused(graph: Graph) -> None:
    answer = graph.call("GET", "me", token="", headers={"Authorization": b"Bearer \xff\x80"})
    assert answer.json()["error"]["code"] == 190


def test_a_body_that_is_too_large_is_refused(graph: Graph) -> None:
    answer = graph.call("POST", "me/messages", data=b"x" * 5_000_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 1)


def _finite(value: Any) -> Any:
    """Return a value `requests` can write as JSON."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return 0 if isinstance(value, float) else value
