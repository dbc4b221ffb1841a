import time

import pytest
import requests

from sandbox.ovice.signing import headers
from tests.plugins.ovice import Ovice
from tests.sandbox.ovice.conftest import Place


def directory(ovice: Ovice, organization: str, key: str = "", **query: str) -> requests.Response:
    url = f"{ovice.web_url}/ovice/connector/v1/organizations/{organization}/directory"
    key = key or ovice.settings()["connector_key"]
    bearer = {"Authorization": f"Bearer {key}"}
    return requests.get(url, params=query, headers=bearer, timeout=5)


def callback(ovice: Ovice, body: bytes, signed: dict[str, str]) -> requests.Response:
    return requests.post(f"{ovice.web_url}/ovice/callback", data=body, headers=signed, timeout=5)


def test_the_directory_lists_organization_users_and_spaces(ovice: Ovice, place: Place) -> None:
    ovice.person(place.organization, "Vera", None, role="visitor")
    page = directory(ovice, place.organization).json()
    assert page["organization"]["name"] == "Example Works"
    assert [space["status"] for space in page["spaces"]] == ["active"]
    assert [m["name"] for m in page["members"]] == ["Taro", "Hanako", "Ada Example"]
    assert page["next_cursor"] is None


def test_the_directory_is_read_page_by_page(ovice: Ovice, place: Place) -> None:
    first = directory(ovice, place.organization, limit="2").json()
    second = directory(ovice, place.organization, limit="2", cursor=first["next_cursor"]).json()
    names = [member["name"] for page in (first, second) for member in page["members"]]
    assert names == ["Taro", "Hanako", "Ada Example"]
    assert first["generation"] == second["generation"]


def test_a_change_makes_a_new_generation(ovice: Ovice, place: Place) -> None:
    before = directory(ovice, place.organization).json()["generation"]
    ovice.remove_person(place.organization, place.ada)
    assert directory(ovice, place.organization).json()["generation"] != before


@pytest.mark.parametrize(
    ("query", "status"),
    [({"cursor": "x"}, 400), ({"limit": "0"}, 400), ({"limit": "101"}, 400), ({"limit": "²"}, 400)],
)
def test_a_malformed_cursor_is_refused(
    ovice: Ovice, place: Place, query: dict[str, str], status: int
) -> None:
    assert directory(ovice, place.organization, **query).status_code == status


def test_the_directory_needs_the_key_and_an_organization(ovice: Ovice, place: Place) -> None:
    assert directory(ovice, place.organization, key="wrong").status_code == 401
    assert directory(ovice, "nowhere").status_code == 404


def test_a_signed_callback_is_taken_and_listed(ovice: Ovice, place: Place) -> None:
    secret = ovice.settings()["callback_secret"]
    body = b'{"type":"link.created","data":{"organization":{"id":"4821"}}}'
    signed = headers([secret], "evt_1", int(time.time()), body)
    assert [callback(ovice, body, signed).status_code for _ in range(2)] == [202, 202]
    first, again = ovice.callbacks()
    assert (first["body"]["type"], first["error"]) == ("link.created", None)
    assert (first["duplicate"], again["duplicate"]) == (False, True)


@pytest.mark.parametrize("spoil", ["body", "stamp", "signature"])
def test_a_badly_signed_callback_is_refused_and_listed_as_such(
    ovice: Ovice, place: Place, spoil: str
) -> None:
    secret = ovice.settings()["callback_secret"]
    age = 600 if spoil == "stamp" else 0
    signed = headers([secret], "evt_1", int(time.time()) - age, b"{}")
    if spoil == "signature":
        del signed["webhook-signature"]
    body = b"[]" if spoil == "body" else b"{}"
    assert callback(ovice, body, signed).status_code == 401
    assert ovice.callbacks()[0]["error"] is not None
