from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.plugins.graph import Graph, error_of, proof
from tests.plugins.receiver import Receiver
from tests.plugins.sandbox import Integration, Sandbox

DIALOG = "dialog/work/app_install/"


class Admin:
    """A System Admin in front of the dialog, without a browser."""

    def __init__(self, sandbox: Sandbox, app: dict[str, Any], community: str) -> None:
        self.sandbox = sandbox
        self.app = app
        self.community = community

    def open(self, **query: Any) -> requests.Response:
        params = {"app_id": self.app["app_id"], **query}
        return requests.get(f"{self.sandbox.web_url}/{DIALOG}", params=params, timeout=5)

    def decide(self, decision: str = "install", **fields: str) -> requests.Response:
        form = {"app_id": self.app["app_id"], "community": self.community, "decision": decision}
        return requests.post(
            f"{self.sandbox.web_url}/{DIALOG}",
            data={**form, "redirect_uri": self.app["redirect_uris"][0], **fields},
            allow_redirects=False,
            timeout=5,
        )

    def code(self) -> str:
        return query_of(self.decide())["code"]


def query_of(answer: requests.Response) -> dict[str, str]:
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


@pytest.fixture
def admin(sandbox: Sandbox, app: dict[str, Any], community: str) -> Admin:
    return Admin(sandbox, app, community)


def exchange(admin: Admin, code: str, **changes: str) -> requests.Response:
    params = {
        "client_id": admin.app["app_id"],
        "client_secret": admin.app["app_secret"],
        "redirect_uri": admin.app["redirect_uris"][0],
        "code": code,
    }
    url = f"{admin.sandbox.graph_url}/oauth/access_token"
    return requests.get(url, params=params | changes, timeout=5)


def test_the_dialog_names_the_app_its_permissions_and_the_communities(admin: Admin) -> None:
    page = admin.open(redirect_uri=admin.app["redirect_uris"][0], state="abc")
    assert page.status_code == 200
    for text in ("Install ovice?", "Send messages to members", "Acme", 'value="abc"'):
        assert text in page.text


def test_the_dialog_lets_its_form_lead_to_the_app(admin: Admin, receiver: Receiver) -> None:
    policy = admin.open().headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action 'self' {receiver.url}")


def test_the_dialog_may_carry_a_version_and_lack_the_closing_slash(admin: Admin) -> None:
    url = f"{admin.sandbox.web_url}/v4.0/dialog/work/app_install"
    answer = requests.get(url, params={"app_id": admin.app["app_id"]}, timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize("end", ["x", "/", "?a=b"])
def test_a_redirect_address_that_is_not_exactly_registered_is_refused(
    admin: Admin, end: str
) -> None:
    wrong = admin.app["redirect_uris"][0] + end
    assert admin.open(redirect_uri=wrong).status_code == 400
    assert admin.decide(redirect_uri=wrong).status_code == 400


def test_an_unknown_app_and_unreviewed_permissions_are_refused(admin: Admin) -> None:
    assert admin.open(app_id="1").status_code == 400
    assert admin.open(**{"permissions[]": "manage_accounts"}).status_code == 400
    assert admin.open(**{"permissions[]": ["message", "read_user_email"]}).status_code == 200


def test_install_leads_back_with_code_and_state(admin: Admin) -> None:
    answer = admin.decide(state="s&1")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(admin.app["redirect_uris"][0] + "?code=AQ")
    assert query_of(answer)["state"] == "s&1"


def test_cancel_leads_back_with_an_error_and_installs_nothing(admin: Admin) -> None:
    answer = query_of(admin.decide("cancel", state="s1"))
    assert (answer["error"], answer["state"]) == ("access_denied", "s1")
    assert "code" not in answer


def test_the_dashboard_starts_an_install_without_state(admin: Admin) -> None:
    answer = query_of(admin.decide(started_here="1"))
    assert sorted(answer) == ["code", "redirect_uri"]
    assert answer["redirect_uri"].endswith(f"/work/admin/{admin.community}/")


def test_a_code_becomes_the_communitys_token(admin: Admin) -> None:
    answer = exchange(admin, admin.code())
    assert answer.json()["token_type"] == "bearer"
    token = answer.json()["access_token"]
    made = Integration(admin.app["app_id"], admin.app["app_secret"], token, "", "", "")
    graph = Graph(admin.sandbox, made)
    assert graph.get("community", **proof(made)).json()["id"] == admin.community


def test_a_code_can_be_exchanged_by_post(admin: Admin) -> None:
    form = {
        "client_id": admin.app["app_id"],
        "client_secret": admin.app["app_secret"],
        "redirect_uri": admin.app["redirect_uris"][0],
        "code": admin.code(),
    }
    url = f"{admin.sandbox.graph_url}/v3.2/oauth/access_token"
    assert requests.post(url, data=form, timeout=5).status_code == 200


def test_a_used_code_is_refused(admin: Admin) -> None:
    code = admin.code()
    exchange(admin, code)
    assert error_of(exchange(admin, code)) == (400, 100, 36009)


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (301, 400)])
def test_a_code_lives_three_hundred_seconds_of_the_sandboxs_clock(
    sandbox: Sandbox, admin: Admin, seconds: int, status: int
) -> None:
    code = admin.code()
    sandbox.advance(seconds)
    assert exchange(admin, code).status_code == status


def test_an_expired_code_has_its_own_subcode(sandbox: Sandbox, admin: Admin) -> None:
    code = admin.code()
    sandbox.advance(301)
    assert error_of(exchange(admin, code)) == (400, 100, 36007)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"redirect_uri": "http://127.0.0.1/other"}, (400, 100, 36008)),
        ({"client_secret": "wrong"}, (400, 1, None)),
        ({"client_id": "12"}, (400, 101, None)),
    ],
)
def test_a_wrong_exchange_is_refused_and_spends_no_code(
    admin: Admin, changes: dict[str, str], expected: Any
) -> None:
    code = admin.code()
    assert error_of(exchange(admin, code, **changes)) == expected
    assert exchange(admin, code).status_code == 200


@pytest.mark.parametrize("code", ["short", "AQ" + "x" * 60, ""])
def test_a_code_nobody_issued_is_refused(admin: Admin, code: str) -> None:
    assert error_of(exchange(admin, code)) == (400, 100, None)


def test_another_apps_code_is_refused(sandbox: Sandbox, admin: Admin) -> None:
    other = sandbox.app("Other", redirect_uris=admin.app["redirect_uris"])
    answer = exchange(
        admin, admin.code(), client_id=other["app_id"], client_secret=other["app_secret"]
    )
    assert error_of(answer) == (400, 100, None)


def test_installing_again_replaces_the_token(admin: Admin) -> None:
    first = exchange(admin, admin.code()).json()["access_token"]
    second = exchange(admin, admin.code()).json()["access_token"]
    assert first != second
    graph = Graph(admin.sandbox, Integration("", "", first, "", "", ""))
    assert error_of(graph.get("me")) == (401, 190, 458)


def test_two_apps_know_a_person_by_different_ids(
    sandbox: Sandbox, graph: Graph, installed: Integration, hanako: str
) -> None:
    third_party = Graph(sandbox, installed)
    found = third_party.get("hanako@example.com", fields="id", **proof(installed)).json()
    assert found["id"] != graph.id_of("hanako@example.com")


def test_an_app_in_two_communities_reaches_only_the_people_of_the_one_it_calls_for(
    sandbox: Sandbox, app: dict[str, Any], installed: Integration, hanako: str
) -> None:
    elsewhere = sandbox.install(sandbox.community("Other"), app["app_id"])
    here, there = Graph(sandbox, installed), Graph(sandbox, elsewhere)
    query = {"fields": "id", **proof(installed)}
    recipient = here.get("hanako@example.com", **query).json()["id"]
    assert error_of(there.get(recipient, **proof(elsewhere))) == (400, 100, 33)
    message = {"recipient": {"id": recipient}, "message": {"text": "x"}, **proof(elsewhere)}
    assert error_of(there.call("POST", "me/messages", json=message)) == (400, 100, None)


def test_the_old_dialog_address_leads_to_the_new_one(admin: Admin) -> None:
    query = {"section": "apps", "app_id": admin.app["app_id"], "state": "abc"}
    page = requests.get(f"{admin.sandbox.web_url}/work/admin/", params=query, timeout=5)
    assert "Install ovice?" in page.text
    assert 'value="abc"' in page.text


def test_no_call_record_shows_a_secret(sandbox: Sandbox, admin: Admin) -> None:
    code = admin.code()
    exchange(admin, code)
    shown = str(sandbox.calls())
    assert code not in shown
    assert admin.app["app_secret"] not in shown


@pytest.mark.parametrize("how", ["params", "data", "json", "files"])
def test_an_app_gets_its_own_token_by_its_secret(admin: Admin, how: str) -> None:
    app = admin.app
    asked = {
        "client_id": app["app_id"],
        "client_secret": app["app_secret"],
        "grant_type": "client_credentials",
    }
    method = "GET" if how == "params" else "POST"
    parts = {name: (None, value) for name, value in asked.items()}
    given: dict[str, Any] = {how: parts if how == "files" else asked}
    url = f"{admin.sandbox.graph_url}/oauth/access_token"
    answer = requests.request(method, url, timeout=5, **given).json()
    assert answer["token_type"] == "bearer"
    token = {"access_token": answer["access_token"]}
    found = requests.get(f"{admin.sandbox.graph_url}/app", params=token, timeout=5).json()
    assert found["id"] == app["app_id"]
    refused = requests.get(url, params=asked | {"client_secret": "x"}, timeout=5)
    assert error_of(refused) == (400, 1, None)


def test_the_grant_of_a_code_may_be_named_and_another_one_is_refused(admin: Admin) -> None:
    assert exchange(admin, admin.code(), grant_type="authorization_code").status_code == 200
    refused = exchange(admin, admin.code(), grant_type="fb_exchange_token")
    assert error_of(refused) == (400, 100, None)
