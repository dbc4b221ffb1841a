"""A call means the same, however its parameters travel."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sandbox.workplace import parameters
from sandbox.workplace.errors import GraphError
from tests.plugins.graph import Graph, error_of, proof
from tests.plugins.sandbox import Sandbox

Travel = Callable[[Graph, str, str, dict[str, Any]], Any]
WORDS = st.text(
    alphabet=st.characters(min_codepoint=33, exclude_categories=["Cs", "Zs", "Cc"]), min_size=1
)
OVER_HTTP = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def flat(params: dict[str, Any]) -> dict[str, str]:
    return {name: v if isinstance(v, str) else json.dumps(v) for name, v in params.items()}


def as_query(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    return graph.call(method, path, params=flat(params)).json()


def as_form(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    return graph.call(method, path, data=flat(params)).json()


def as_json(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    return graph.call(method, path, json=params).json()


def as_multipart(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    files = {name: (None, value) for name, value in flat(params).items()}
    return graph.call(method, path, files=files).json()


def as_typed_multipart(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    kinds = {str: "text/plain; charset=utf-8"}
    files = {
        name: (None, flat(params)[name], kinds.get(type(value), "application/json"))
        for name, value in params.items()
    }
    return graph.call(method, path, files=files).json()


def as_post_with_method(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    return graph.call("POST", path, data=flat(params) | {"method": method.lower()}).json()


def as_post_with_method_in_query(
    graph: Graph, method: str, path: str, params: dict[str, Any]
) -> Any:
    return graph.call("POST", path, params={"method": method}, json=params).json()


def as_batch_item(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    item = {"method": method.lower(), "relative_url": path, "body": urlencode(flat(params))}
    [answer] = graph.call("POST", "", data={"batch": json.dumps([item])}).json()
    return json.loads(answer["body"])


def as_versioned_batch_item(graph: Graph, method: str, path: str, params: dict[str, Any]) -> Any:
    item = {"method": "Post", "relative_url": f"/v3.2/{path}?method={method}"}
    item["body"] = urlencode(flat(params))
    [answer] = graph.call("POST", "v3.2/", json={"batch": [item]}).json()
    return json.loads(answer["body"])


TRAVELS = pytest.mark.parametrize(
    "travel",
    [
        as_query,
        as_form,
        as_json,
        as_multipart,
        as_typed_multipart,
        as_post_with_method,
        as_post_with_method_in_query,
        as_batch_item,
        as_versioned_batch_item,
    ],
)


@TRAVELS
@OVER_HTTP
@given(words=WORDS)
@example(words="null")
@example(words="[1]")
@example(words='"a=b&c"')
def test_a_text_arrives_as_it_was_given(
    sandbox: Sandbox, graph: Graph, hanako: str, travel: Travel, words: str
) -> None:
    recipient = {"id": graph.id_of("hanako@example.com")}
    sent = {"recipient": recipient, "message": {"text": words}, "messaging_type": "UPDATE"}
    answer = travel(graph, "POST", "me/messages", sent)
    assert sandbox.chat(hanako)[-1]["message_id"] == answer["message_id"]
    assert sandbox.texts(hanako)[-1] == words
    assert sandbox.sends()[-1]["body"] == sent


@TRAVELS
@pytest.mark.parametrize("address", ["https://example.com/", "https://example.com/?a=[1]&b={}"])
def test_a_profile_is_set_read_and_removed(graph: Graph, travel: Travel, address: str) -> None:
    profile = {
        "account_linking_url": address,
        "whitelisted_domains": ["https://example.com"],
        "get_started": {"payload": "null"},
        "home_url": {"url": address, "webview_height_ratio": "tall"},
    }
    assert travel(graph, "POST", "me/messenger_profile", profile) == {"result": "success"}
    fields = {"fields": ",".join(profile)}
    assert travel(graph, "GET", "me/messenger_profile", fields) == {"data": [profile]}
    assert travel(graph, "DELETE", "me/messenger_profile", fields) == {"result": "success"}
    assert graph.get("me/messenger_profile", **fields).json() == {"data": []}


@pytest.mark.parametrize(
    "profile",
    [
        {"account_linking_url": "null"},
        {"account_linking_url": "javascript:alert(1)"},
        {"account_linking_url": {"url": "https://example.com"}},
        {"home_url": "https://example.com"},
        {"home_url": {"url": "x"}},
        {"whitelisted_domains": []},
        {"whitelisted_domains": ["x"]},
        {"whitelisted_domains": ["https://example.com"] * 51},
    ],
)
def test_a_profile_of_the_wrong_form_is_refused(graph: Graph, profile: dict[str, Any]) -> None:
    assert error_of(graph.call("POST", "me/messenger_profile", json=profile)) == (400, 100, None)


@pytest.mark.parametrize("to", ["{0}", '["{0}"]', "[{0}]", "{0},{1}", "{1}"])
def test_people_are_added_by_id_in_each_form_of_a_list(
    sandbox: Sandbox, graph: Graph, community: str, hanako: str, to: str
) -> None:
    sandbox.member(community, "Taro Example")
    people = [graph.id_of(f"{name}@example.com") for name in ("taro", "hanako")]
    thread = graph.post_message({"ids": people[1:]}, {"text": "a"}).json()["thread_key"]
    form = {"to": to.format(*people)}
    answer = graph.call("POST", f"{thread}/participants", data=form)
    assert answer.json() == {"success": True}


def test_a_file_of_a_multipart_body_is_sent_as_attachment(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    form = {
        "recipient": json.dumps({"id": graph.id_of("hanako@example.com")}),
        "message": '{"attachment":{"type":"image","payload":{"is_reusable":true}}}',
    }
    nothing = graph.call("POST", "me/messages", data=form)
    assert error_of(nothing) == (400, 100, None)
    files = {"filedata": ("a.png", b"\x89PNG\r\n\xff", "image/png")}
    assert graph.call("POST", "me/messages", data=form, files=files).ok
    [message] = sandbox.chat(hanako)
    assert message["attachment"]["payload"]["attachment_id"]


PARAMETERS = ["recipient", "message", "fields", "limit", "batch", "access_token", "q"]


@pytest.mark.parametrize("name", [*PARAMETERS, "recipient[id]", "fields[0]", "a[b][]"])
def test_a_file_in_the_place_of_a_text_is_refused_or_ignored(
    sandbox: Sandbox, graph: Graph, crowd: list[str], name: str
) -> None:
    for path in ("me/messages", "", "community/members?method=get&limit=2"):
        answer = graph.call("POST", path, files={name: ("a.txt", b"me")})
        assert answer.status_code in (200, 400)
        assert "error" in answer.json() or "data" in answer.json()
    assert len(sandbox.calls()) == 3


@OVER_HTTP
@given(
    body=st.binary(),
    boundary=st.sampled_from(["", "; boundary=x", '; boundary="', "; boundary=" + "x" * 80]),
)
@example(body=b"--x\r\n\r\n\r\n--x--", boundary="; boundary=x")
@example(body=b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', boundary="; boundary=x")
@example(
    body=b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--", boundary="; boundary=x"
)
@example(
    body=b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
    b"Content-Type: text/plain; charset=none\r\n\r\n1\r\n--x--",
    boundary="; boundary=x",
)
def test_a_broken_multipart_body_is_refused(graph: Graph, body: bytes, boundary: str) -> None:
    headers = {"Content-Type": f"multipart/form-data{boundary}"}
    answer = graph.call("POST", "me/messages", data=body, headers=headers)
    assert error_of(answer)[:2] == (400, 100)


@pytest.mark.parametrize("method", ["patch", "", "1", "put", "{}"])
def test_a_method_that_is_none_is_refused_and_nothing_is_done(graph: Graph, method: str) -> None:
    answer = graph.call("POST", "me/subscribed_apps", data={"method": method})
    assert error_of(answer) == (400, 100, None)
    assert graph.get("me/subscribed_apps").json() == {"data": []}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_only_a_post_can_be_another_method(graph: Graph, method: str) -> None:
    graph.call(method, "me/subscribed_apps", params={"method": "post"})
    assert graph.get("me/subscribed_apps").json() == {"data": []}


def test_a_head_is_a_get_without_body(graph: Graph) -> None:
    answer = graph.call("HEAD", "me")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 2


@given(asked=st.text() | st.none() | st.integers() | st.lists(st.text()))
def test_any_other_method_is_refused(asked: Any) -> None:
    assume(str(asked).lower() not in ("get", "post", "delete"))
    with pytest.raises(GraphError):
        parameters.take_method("POST", {"method": asked})


def test_a_batch_in_a_batch_is_refused(graph: Graph) -> None:
    inner = urlencode({"batch": '[{"relative_url":"me"}]'})
    items = [{"method": "post", "relative_url": "v3.2/?x", "body": inner}]
    [answer] = graph.call("POST", "", json={"batch": items}).json()
    assert answer["code"] == 400


@pytest.fixture
def crowd(sandbox: Sandbox, community: str) -> list[str]:
    people = [{"name": f"P {n}", "email": f"p{n}@example.com"} for n in range(5)]
    return [member["id"] for member in sandbox.members(community, people)]


@pytest.mark.parametrize("path", ["community/members", "company/members", "v3.2/me/threads"])
@pytest.mark.parametrize(
    "asked",
    [
        {"fields": "id,name", "date_format": "U", "q": "a&b=あ"},
        {"fields[0]": "id", "fields[1]": "name"},
        {"fields": '["id","name"]', "pretty": "1", "locale": "ja_JP"},
    ],
)
def test_the_neighbours_of_a_page_are_asked_for_as_the_page_was(
    graph: Graph, crowd: list[str], path: str, asked: dict[str, str]
) -> None:
    ids = [graph.id_of(f"p{n}@example.com") for n in range(5)]
    for one in ids:
        graph.post_message({"ids": [one]}, {"text": "a"})
    token = {"access_token": graph.integration.access_token} | proof(graph.integration)
    url, pages = f"{graph.sandbox.graph_url}/{path}", []
    answer = requests.get(url, params=asked | token | {"limit": "2"}, timeout=5).json()
    while True:
        pages.append(answer["data"])
        assert set(answer["data"][0]) == ({"id", "name"})
        if "next" not in answer["paging"]:
            break
        answer = requests.get(answer["paging"]["next"], timeout=5).json()
    assert [len(page) for page in pages] == [2, 2, 1]
    back = requests.get(answer["paging"]["previous"], timeout=5).json()
    assert back["data"] == pages[1]


def test_the_neighbours_of_a_page_can_go_without_secrets(
    sandbox: Sandbox, graph: Graph, crowd: list[str]
) -> None:
    sandbox.behave(paging_secrets="left_out")
    given_proof = proof(graph.integration)
    token = {"access_token": graph.integration.access_token}
    answer = graph.get("community/members", limit="2", **token, **given_proof).json()
    assert not any(secret in answer["paging"]["next"] for secret in {**token, **given_proof})


def test_a_threads_messages_come_in_pages(sandbox: Sandbox, community: str, hanako: str) -> None:
    made = sandbox.custom_integration(community, permissions=["message", "read_all_messages"])
    graph = Graph(sandbox, made)
    recipient = graph.id_of("hanako@example.com")
    for number in range(30):
        graph.send(recipient, str(number))
    thread = sandbox.chat(hanako)[0]["thread_id"]
    first = graph.get(f"{thread}/messages").json()
    last = requests.get(
        first["paging"]["next"], params={"access_token": made.access_token}, timeout=5
    )
    texts = [message["message"] for message in first["data"] + last.json()["data"]]
    assert texts == [str(number) for number in reversed(range(30))]


@pytest.mark.parametrize("cursor", ["cm93LTU=", "cm93", "cm93Lg==", "cm935Lmd"])
def test_a_cursor_made_up_is_refused(graph: Graph, crowd: list[str], cursor: str) -> None:
    assert error_of(graph.get("community/members", after=cursor)) == (400, 100, None)


def test_a_named_object_can_be_read_among_ids(graph: Graph, community: str) -> None:
    found = graph.get("", ids="me,app,community,company").json()
    assert found["me"]["id"] == graph.integration.page_id
    assert found["app"]["id"] == graph.integration.app_id
    assert found["community"]["id"] == found["company"]["id"] == community


@pytest.mark.parametrize("fields", ["install.fields(id)", "install.limit(5){id}", "install{id}"])
def test_fields_within_fields_are_written_in_either_form(graph: Graph, fields: str) -> None:
    found = graph.get("community", fields=fields).json()
    assert set(found["install"]) == {"id"}
