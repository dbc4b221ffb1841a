from typing import Any

import pytest

from tests.plugins.graph import Graph, error_of
from tests.plugins.sandbox import Sandbox


def test_me_is_the_bots_page(graph: Graph) -> None:
    expected = {"id": graph.integration.page_id, "name": "ovice DM"}
    assert graph.get("me").json() == expected
    assert graph.get("v13.0/me", fields="id,name").json() == expected


def test_the_version_asked_for_is_told(graph: Graph) -> None:
    assert graph.get("v3.2/me").headers["facebook-api-version"] == "v3.2"


def test_the_community_tells_its_install_when_asked(graph: Graph, community: str) -> None:
    assert graph.get("community").json() == {"id": community, "name": "Acme"}
    install = graph.get("community", fields="id,install").json()["install"]
    assert install["id"] == graph.integration.install_id
    assert [name.lower() for name in install["permissions"]] == ["message", "read_user_email"]


def test_company_is_the_older_name_of_community(graph: Graph) -> None:
    assert graph.get("company", fields="name").json()["name"] == "Acme"


def test_the_community_can_be_made_to_need_a_permission(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.behave(community_needs_permission=True)
    assert error_of(graph.get("community")) == (403, 200, None)
    assert graph.get("me").status_code == 200


@pytest.mark.parametrize(
    "path", ["hanako@example.com", "hanako%40example.com", "HANAKO@Example.com"]
)
def test_a_member_is_found_by_login_address(graph: Graph, hanako: str, path: str) -> None:
    found = graph.get(path, fields="id,name,email,locale").json()
    assert found["email"] == "hanako@example.com"
    assert (found["name"], found["locale"]) == ("Hanako Example", "ja_JP")


def test_a_member_is_found_by_id_and_the_id_is_text(graph: Graph, hanako: str) -> None:
    member_id = graph.id_of("hanako@example.com")
    assert isinstance(member_id, str)
    assert member_id != hanako
    assert graph.get(member_id).json() == {"id": member_id, "name": "Hanako Example"}


def test_an_unknown_address_is_803(sandbox: Sandbox, graph: Graph) -> None:
    answer = graph.get("nobody@example.com")
    assert error_of(answer) == (404, 803, None)
    assert answer.json()["error"]["message"].endswith("do not exist: nobody@example.com")
    sandbox.behave(unknown_email_status=400)
    assert error_of(graph.get("nobody@example.com")) == (400, 803, None)


def test_an_unknown_id_is_100_33(graph: Graph) -> None:
    answer = graph.get("123")
    assert error_of(answer) == (400, 100, 33)
    assert "does not exist" in answer.json()["error"]["message"]


def test_another_communitys_address_is_not_found(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.member(sandbox.community("Other"), "Taro Example")
    assert error_of(graph.get("taro@example.com")) == (404, 803, None)


def test_the_email_is_left_out_without_the_permission(
    sandbox: Sandbox, community: str, hanako: str
) -> None:
    made = sandbox.custom_integration(community, permissions=["message"])
    found = Graph(sandbox, made).get("hanako@example.com", fields="name,email").json()
    assert sorted(found) == ["id", "name"]


def test_a_renamed_address_is_no_longer_found(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    before = graph.id_of("hanako@example.com")
    sandbox.change_member(hanako, email="hanako.2026@example.com")
    assert error_of(graph.get("hanako@example.com")) == (404, 803, None)
    assert graph.id_of("hanako.2026@example.com") == before


def test_a_deactivated_member_is_shown_as_such_or_hidden(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    sandbox.change_member(hanako, active=False)
    fields = "active,account_deactivate_time"
    found = graph.get("hanako@example.com", fields=fields).json()
    assert found["active"] is False
    assert found["account_deactivate_time"].endswith("+00:00")
    sandbox.behave(deactivated_lookup="hidden")
    assert error_of(graph.get("hanako@example.com")) == (404, 803, None)


def test_an_unclaimed_account_has_no_claim_time(
    sandbox: Sandbox, graph: Graph, community: str
) -> None:
    sandbox.member(community, "Taro Example", claimed=False)
    found = graph.get("taro@example.com", fields="account_claim_time,active").json()
    assert "account_claim_time" not in found


def test_several_are_keyed_by_the_ids_as_asked(graph: Graph, hanako: str) -> None:
    me = graph.integration.page_id
    found = graph.get("", ids=f"hanako@example.com,{me}", fields="name").json()
    assert {key: value["name"] for key, value in found.items()} == {
        "hanako@example.com": "Hanako Example",
        me: "ovice DM",
    }


def test_one_bad_id_fails_the_whole_call(graph: Graph, hanako: str) -> None:
    answer = graph.get("", ids="hanako@example.com,nobody@example.com")
    assert error_of(answer) == (404, 803, None)


def test_an_install_sees_only_its_scope(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    recipient = graph.id_of("hanako@example.com")
    sandbox.workplace("PATCH", f"installs/{graph.integration.page_id}", {"scope": []})
    assert error_of(graph.get("hanako@example.com")) == (404, 803, None)
    assert error_of(graph.send(recipient)) == (400, 100, None)


@pytest.mark.parametrize(
    "fields", ["{", "id,{name}", "name}", "name.limit(", "a;b", "name.limit(5"]
)
def test_a_broken_field_list_is_a_syntax_error(graph: Graph, fields: str) -> None:
    assert error_of(graph.get("me", fields=fields)) == (400, 2500, None)


@pytest.mark.parametrize(
    "fields",
    ["id,name,email", '["id","name","email"]', "id, name, email", "name,email,nonsense"],
)
def test_field_lists_come_in_several_forms(graph: Graph, hanako: str, fields: str) -> None:
    assert sorted(graph.get("hanako@example.com", fields=fields).json()) == ["email", "id", "name"]


def test_field_lists_come_in_bracket_keys(graph: Graph, hanako: str) -> None:
    params: dict[str, Any] = {"fields[0]": "name", "fields[1]": "email"}
    found = graph.get("hanako@example.com", **params).json()
    assert sorted(found) == ["email", "id", "name"]


@pytest.mark.parametrize("path", ["me/nonsense", "oauth", "a/b/c", "%2e%2e/me"])
def test_an_unknown_path_is_2500(graph: Graph, path: str) -> None:
    assert graph.get(path).json()["error"]["code"] == 2500
