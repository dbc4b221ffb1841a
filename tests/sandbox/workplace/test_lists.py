import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.plugins.graph import Graph, error_of, proof
from tests.plugins.sandbox import Sandbox


@pytest.fixture
def crowd(sandbox: Sandbox, community: str) -> list[str]:
    return [
        sandbox.member(community, f"Person {number:02}", f"p{number}@example.com")
        for number in range(30)
    ]


def test_members_come_25_at_a_time_and_next_leads_on(graph: Graph, crowd: list[str]) -> None:
    first = graph.get("community/members").json()
    assert len(first["data"]) == 25
    headers = {"Authorization": f"Bearer {graph.integration.access_token}"}
    last = requests.get(first["paging"]["next"], headers=headers, timeout=5).json()
    assert [person["name"] for person in last["data"]] == [f"Person {n}" for n in range(25, 30)]
    assert "next" not in last["paging"]


def test_the_address_of_the_next_page_keeps_the_token_out(graph: Graph, crowd: list[str]) -> None:
    answer = graph.get("v3.2/community/members", limit="2", fields="id,email").json()
    assert graph.integration.access_token not in answer["paging"]["next"]
    assert "/v3.2/community/members?" in answer["paging"]["next"]


def test_cursors_lead_there_and_back(graph: Graph, crowd: list[str]) -> None:
    first = graph.get("community/members", limit="10").json()
    after = first["paging"]["cursors"]["after"]
    second = graph.get("community/members", limit="10", after=after).json()
    assert second["data"][0]["name"] == "Person 10"
    before = second["paging"]["cursors"]["before"]
    assert graph.get("community/members", limit="10", before=before).json() == first


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "x"}, {"after": "!"}])
def test_a_broken_page_is_refused(graph: Graph, crowd: list[str], params: dict[str, str]) -> None:
    assert error_of(graph.get("community/members", **params)) == (400, 100, None)


def test_a_limit_inside_fields_is_understood(graph: Graph, crowd: list[str]) -> None:
    assert graph.get("me", fields="id,name.limit(5)").json()["name"] == "ovice DM"


def test_the_deactivated_are_former_members(
    sandbox: Sandbox, graph: Graph, crowd: list[str]
) -> None:
    sandbox.change_member(crowd[0], active=False)
    names = [person["name"] for person in graph.get("community/members").json()["data"]]
    assert "Person 00" not in names
    for path, params in (
        ("community/former_members", {}),
        ("community/organization_members", {"inactive": "1"}),
    ):
        found = graph.get(path, **params).json()["data"]
        assert [person["name"] for person in found] == ["Person 00"]


def batch(graph: Graph, items: Any, **params: Any) -> Any:
    body = {"batch": json.dumps(items), "include_headers": "false", **params}
    return graph.call("POST", "", data=body)


def test_a_batch_answers_each_item_in_order(graph: Graph, hanako: str) -> None:
    items = [
        {"method": "GET", "relative_url": "hanako%40example.com?fields=name"},
        {"method": "GET", "relative_url": "nobody@example.com"},
        {"method": "GET", "relative_url": "v3.2-no-such/path/here"},
    ]
    first, second, third = batch(graph, items).json()
    assert json.loads(first["body"])["name"] == "Hanako Example"
    assert (second["code"], json.loads(second["body"])["error"]["code"]) == (404, 803)
    assert third["code"] == 400
    assert "headers" not in first


def test_an_items_result_can_feed_another(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    body = urlencode({"recipient": '{"id":"{result=m:$.id}"}', "message": '{"text":"hi"}'})
    items = [
        {"method": "GET", "name": "m", "relative_url": "hanako%40example.com?fields=id"},
        {"method": "POST", "relative_url": "me/messages", "body": body},
    ]
    first, second = batch(graph, items).json()
    assert (first, second["code"]) == (None, 200)
    assert sandbox.texts(hanako) == ["hi"]


def test_an_item_that_depends_on_a_failed_one_is_not_run(graph: Graph, hanako: str) -> None:
    items = [
        {"method": "GET", "name": "m", "relative_url": "nobody@example.com"},
        {"method": "GET", "relative_url": "me", "depends_on": "m"},
    ]
    first, second = batch(graph, items).json()
    assert (first["code"], second) == (404, None)


def test_an_omitted_answer_can_be_asked_for(graph: Graph) -> None:
    named = {"method": "GET", "name": "m", "relative_url": "me", "omit_response_on_success": False}
    items = [named, {"method": "GET", "relative_url": "me", "depends_on": "m"}]
    assert [answer["code"] for answer in batch(graph, items).json()] == [200, 200]


def test_one_proof_serves_the_whole_batch(sandbox: Sandbox, community: str) -> None:
    strict = Graph(sandbox, sandbox.custom_integration(community, require_proof=True))
    items = [{"method": "GET", "relative_url": "me"}] * 2
    answers = batch(strict, items, **proof(strict.integration)).json()
    assert [answer["code"] for answer in answers] == [200, 200]


def test_an_item_may_bring_its_own_token(sandbox: Sandbox, graph: Graph, community: str) -> None:
    other = sandbox.custom_integration(community, "Another")
    items = [{"method": "GET", "relative_url": f"me?access_token={other.access_token}"}]
    [answer] = batch(graph, items).json()
    assert json.loads(answer["body"])["name"] == "Another"


def test_an_item_that_never_answers_is_null(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.fault("cut_before", endpoint="me")
    assert batch(graph, [{"method": "GET", "relative_url": "me"}]).json() == [None]


@pytest.mark.parametrize("items", [[], {}, "x", ["x"], [{"relative_url": "me"}] * 51])
def test_a_senseless_batch_is_refused(graph: Graph, items: Any) -> None:
    assert error_of(batch(graph, items)) == (400, 100, None)


@pytest.mark.parametrize(
    "item",
    [{}, {"method": "PATCH", "relative_url": "me"}, {"relative_url": "me", "body": {}}],
)
def test_a_senseless_item_is_refused_alone(graph: Graph, item: Any) -> None:
    answers = batch(graph, [item, {"method": "GET", "relative_url": "me"}]).json()
    assert [answer["code"] for answer in answers] == [400, 200]


@pytest.fixture
def directory(sandbox: Sandbox, community: str, hanako: str) -> Graph:
    made = sandbox.custom_integration(community, permissions=["manage_accounts"])
    return Graph(sandbox, made)


def test_scim_finds_a_member_by_user_name(directory: Graph) -> None:
    wanted = 'userName eq "hanako@example.com"'
    found = directory.get("scim/Users", filter=wanted).json()
    assert found["totalResults"] == 1
    [person] = found["Resources"]
    assert (person["userName"], person["active"]) == ("hanako@example.com", True)
    assert directory.get(f"scim/v2/Users/{person['id']}").json() == person


def test_scim_pages_by_ten(directory: Graph, crowd: list[str]) -> None:
    found = directory.get("scim/Users").json()
    assert (found["totalResults"], found["itemsPerPage"]) == (31, 10)
    rest = directory.get("scim/Users", startIndex="31", count="5").json()
    assert [person["name"]["formatted"] for person in rest["Resources"]] == ["Person 29"]


def test_scim_needs_the_permission_and_answers_in_its_own_envelope(graph: Graph) -> None:
    answer = graph.get("scim/Users")
    assert (answer.status_code, answer.json()["status"]) == (403, "403")


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("scim/Users", {"filter": 'userName co "x"'}, 400),
        ("scim/Users", {"startIndex": "x"}, 400),
        ("scim/Users/123", {}, 404),
        ("scim/Groups", {}, 400),
    ],
)
def test_a_senseless_scim_call_is_refused(
    directory: Graph, path: str, params: dict[str, str], status: int
) -> None:
    answer = directory.get(path, **params)
    assert (answer.status_code, answer.json()["status"]) == (status, str(status))
