"""A control call that is refused changes nothing, whatever else it asked for."""

from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plugins.sandbox import Integration, Sandbox

# Parameters of each call: a good value, and one that is refused.
APP: dict[str, tuple[Any, Any]] = {
    "redirect_uris": (["http://127.0.0.1:9/other"], "x"),
    "deauthorize_url": ("http://127.0.0.1:9/other", 5),
    "permissions": (["message"], [1]),
    "app_secret": ("other", {}),
    "encoding": ("consumer", "morse"),
}
INSTALL: dict[str, tuple[Any, Any]] = {
    "require_proof": (False, "no"),
    "permissions": ([], "message"),
    "scope": ([], ["nobody"]),
    "reactivate": (True, 1),
}
MEMBER: dict[str, tuple[Any, Any]] = {
    "name": ("Other", 5),
    "email": ("other@example.com", "no address"),
    "locale": ("ko_KR", 5),
    "claimed": (False, "no"),
    "active": (False, None),
    "blocks": ("1", "1"),
    "unblocks": ("1", 5),
}
OVER_HTTP = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def refused(parts: dict[str, tuple[Any, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies with one bad value among good ones, in any order."""
    good = {name: pair[0] for name, pair in parts.items() if pair[0] != pair[1]}
    names = st.permutations(sorted(parts))
    return st.builds(
        lambda order, bad: {
            n: parts[n][1] if n == bad else good[n] for n in order if n in {bad, *good}
        },
        names,
        st.sampled_from(sorted(parts)),
    )


def ask(sandbox: Sandbox, method: str, path: str, body: Any = None) -> requests.Response:
    url = f"{sandbox.web_url}/control/workplace/{path}"
    return requests.request(method, url, json=body, timeout=5)


@OVER_HTTP
@given(body=refused(APP))
def test_an_app_stays_as_it_was(
    sandbox: Sandbox, app: dict[str, Any], body: dict[str, Any]
) -> None:
    assert ask(sandbox, "PATCH", f"apps/{app['app_id']}", body).status_code == 400
    assert sandbox.workplace("PATCH", f"apps/{app['app_id']}", {}) == app


@OVER_HTTP
@given(body=refused(INSTALL))
def test_an_install_stays_as_it_was(
    sandbox: Sandbox, installed: Integration, hanako: str, body: dict[str, Any]
) -> None:
    path = f"installs/{installed.page_id}"
    assert ask(sandbox, "PATCH", path, body).status_code == 400
    # Without its proof a call is refused, and with it everybody is seen.
    token = {"access_token": installed.access_token}
    answer = requests.get(f"{sandbox.graph_url}/me", params=token, timeout=5)
    assert "appsecret_proof" in answer.json()["error"]["message"]
    act = {"member": hanako, "page": installed.page_id, "read": True}
    assert ask(sandbox, "POST", "chat", act).ok


@OVER_HTTP
@given(body=refused(MEMBER))
def test_a_member_stays_as_it_was(
    sandbox: Sandbox, community: str, hanako: str, body: dict[str, Any]
) -> None:
    before = sandbox.workplace("GET", f"communities/{community}/members")
    assert ask(sandbox, "PATCH", f"members/{hanako}", body).status_code == 400
    assert sandbox.workplace("GET", f"communities/{community}/members") == before


@pytest.mark.parametrize("bad", [{"name": "Taro"}, {"name": "T", "email": "Other@example.com"}])
def test_of_many_members_all_are_made_or_none(
    sandbox: Sandbox, community: str, bad: dict[str, str]
) -> None:
    members = [{"name": "Other", "email": "other@example.com"}, bad]
    answer = ask(sandbox, "POST", f"communities/{community}/members", {"members": members})
    assert answer.status_code == 400
    assert sandbox.workplace("GET", f"communities/{community}/members") == {"data": []}


@pytest.mark.parametrize("bad", [{"permissions": "message"}, {"require_proof": "no"}])
def test_an_integration_is_made_whole_or_not_at_all(
    sandbox: Sandbox, community: str, bad: dict[str, Any]
) -> None:
    answer = ask(sandbox, "POST", f"communities/{community}/integrations", {"name": "Bot", **bad})
    assert answer.status_code == 400


@pytest.mark.parametrize("bad", [{"encoding": "morse"}, {"permissions": "message"}])
def test_a_refused_app_is_not_there(sandbox: Sandbox, bad: dict[str, Any]) -> None:
    assert (
        ask(sandbox, "POST", "apps", {"name": "ovice", "app_id": "777", **bad}).status_code == 400
    )
    assert ask(sandbox, "POST", "apps", {"name": "ovice", "app_id": "777"}).status_code == 201


@pytest.mark.parametrize("app_id", ["９", "1e5", "9" * 5000])
def test_an_id_is_some_ascii_digits(sandbox: Sandbox, app_id: str) -> None:
    assert ask(sandbox, "POST", "apps", {"name": "ovice", "app_id": app_id}).status_code == 400
    assert ask(sandbox, "POST", "communities", {"name": "A", "id": app_id}).status_code == 400


@pytest.mark.parametrize("path", ["calls?after={}", "webhooks?after={}"])
@pytest.mark.parametrize("number", ["９", "x", "9" * 5000])
def test_a_number_that_is_none_is_told(sandbox: Sandbox, path: str, number: str) -> None:
    assert ask(sandbox, "GET", path.format(number)).status_code == 400
    assert ask(sandbox, "DELETE", f"faults/{number}").status_code == 400


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("deactivated_lookup", "deactivated_lookup must be shown or hidden."),
        ("long_quick_reply_titles", "long_quick_reply_titles must be cut or refused."),
        ("idle_days", "idle_days has the wrong type."),
    ],
)
def test_a_behaviour_that_is_none_is_told(sandbox: Sandbox, name: str, message: str) -> None:
    assert ask(sandbox, "PUT", "behaviour", {name: "x"}).json() == {"error": message}
