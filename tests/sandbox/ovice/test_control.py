from typing import Any

import pytest
import requests

from tests.plugins.ovice import Ovice
from tests.sandbox.ovice.conftest import Place


def refused(ovice: Ovice, method: str, path: str, body: Any) -> str:
    url = f"{ovice.web_url}/control/ovice/{path}"
    answer = requests.request(method, url, json=body, timeout=5)
    assert answer.status_code == 400
    return str(answer.json()["error"])


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("organizations", {}, "name is missing."),
        ("organizations", {"name": ""}, "name must be text that is not empty."),
        ("organizations", {"name": "A", "id": "4821"}, "There is an organization with that id"),
        ("organizations", {"name": "A", "colour": "red"}, "colour is not known here; known are"),
        ("organizations/none/spaces", {"name": "A"}, "There is no organization 'none'."),
        ("organizations/4821/spaces", {"name": "A", "id": "987"}, "There is a space with that id"),
        ("organizations/4821/spaces", {"name": "A", "dm_feature": "x"}, "dm_feature must be one"),
        ("organizations/4821/people", {"name": "A", "role": "king"}, "role must be one of owner,"),
        ("organizations/4821/people", {"name": "A", "email": 5}, "email must be text that is"),
        ("organizations/4821/groups", {"handle": "g", "people": ["x"]}, "This organization has no"),
        ("dm", {"space": "987", "sender": "x", "text": "a"}, "This organization has no person"),
        ("dm", {"space": "1", "sender": "x", "text": "a"}, "There is no space '1'."),
        ("dm", {"space": "987", "sender": "x"}, "text is missing."),
        ("dm", {"space": "987", "organization": "1", "sender": "x", "text": "a"}, "The space is"),
        ("chat", {"space": "987", "sender": "x", "text": ""}, "text must be text that is not"),
        ("announce", {"organization": "none"}, "There is no organization 'none'."),
        ("raw", {"body": "{}", "sign": "maybe"}, "sign must be true, false, stale or wrong."),
        ("raw", {"body_base64": "?"}, "body_base64 is not base64."),
        ("raw", {"headers": {"a\nb": "c"}}, "A header is malformed."),
        ("resend", {"event_id": "none"}, "There is no event 'none'."),
        ("launch-token", {"organization": "4821"}, "person is missing."),
        ("launch-token", {"organization": "4821", "person": "x"}, "This organization has no"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    ovice: Ovice, place: Place, path: str, body: Any, error: str
) -> None:
    assert refused(ovice, "POST", path, body).startswith(error)


def test_a_secret_that_is_none_is_refused(ovice: Ovice) -> None:
    error = refused(ovice, "PATCH", "settings", {"event_secrets": ["plain"]})
    assert error == "A secret starts with whsec_."


@pytest.mark.parametrize("after", ["x", "-1", "%EF%BC%99", "9" * 5000])
def test_a_log_is_asked_for_by_number(ovice: Ovice, after: str) -> None:
    refusal = "after must be a whole number of at most 18 digits."
    assert refused(ovice, "GET", f"events?after={after}", None) == refusal


def test_everything_that_was_made_is_listed(ovice: Ovice, place: Place) -> None:
    ovice.group(place.organization, "design", [place.hanako])
    [listed] = ovice.control("GET", "organizations")["data"]
    assert [space["id"] for space in listed["spaces"]] == [place.space]
    assert [p["id"] for p in listed["people"]] == [place.taro, place.hanako, place.ada]
    assert listed["groups"] == [{"handle": "design", "person_ids": [place.hanako]}]


def test_one_account_can_be_in_two_organizations(ovice: Ovice, place: Place) -> None:
    other = ovice.organization("Other", announce=False)
    assert ovice.person(other, "Hanako", id=place.hanako, announce=False) == place.hanako


def test_a_reset_forgets_everything_and_brings_the_settings_back(
    ovice: Ovice, place: Place
) -> None:
    before = ovice.settings()
    ovice.settings(retry_scale=0.5, issuer="https://elsewhere.example")
    ovice.sandbox.reset()
    assert ovice.settings() == before
    assert ovice.control("GET", "organizations") == {"data": []}
