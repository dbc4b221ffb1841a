import re
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from sandbox.ovice.words import WORDS
from tests.plugins.ovice import Ovice
from tests.sandbox.ovice.conftest import Place
from tests.sandbox.ovice.receiver import Answer, Receiver

BUTTON = re.compile(r'name="purpose" value="(\w+)">\s*<button[^>]*>([^<]*)<')
SETTINGS = "/ovice/organizations/4821/settings"
INTEGRATIONS = "/ovice/organizations/4821/integrations"
LAUNCH = "/ovice/organizations/4821/launch"


def page(ovice: Ovice, path: str, **query: str) -> str:
    answer = requests.get(ovice.web_url + path, params=query, timeout=5)
    assert answer.status_code == 200
    return answer.text


def post(ovice: Ovice, path: str, form: dict[str, str], viewer: str) -> requests.Response:
    url = f"{ovice.web_url}{path}"
    return requests.post(url, data=form, params={"as": viewer}, timeout=5, allow_redirects=False)


def link_is(relay: Receiver, person: str, **body: str) -> None:
    relay.pages[f"/v1/organizations/4821/users/{person}/link"] = Answer(200, body)


def test_a_line_typed_in_the_space_goes_to_the_relay_and_shows_its_tick(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    answer = post(ovice, "/ovice/spaces/987/chat", {"text": "@Hanako hi\r\nthere"}, place.taro)
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (
        303,
        "/ovice/spaces/987",
    )
    assert relay.events("message.direct.created")[0]["message"]["text"] == "@Hanako hi\nthere"
    shown = page(ovice, "/ovice/spaces/987", **{"as": place.taro})
    assert 'data-state="accepted"' in shown
    assert "Relay accepted it" in shown


def test_a_direct_message_is_seen_by_its_two_people_alone(ovice: Ovice, place: Place) -> None:
    ovice.chat(place.space, place.taro, "@Hanako secret plan")
    ovice.chat(place.space, place.taro, "open plan")
    for viewer, sees in ((place.taro, True), (place.hanako, True), (place.ada, False)):
        shown = page(ovice, "/ovice/spaces/987", **{"as": viewer})
        assert ("secret plan" in shown, "open plan" in shown) == (sees, True)


def test_a_written_text_is_shown_as_text(ovice: Ovice, place: Place) -> None:
    ovice.dm(place.space, place.taro, place.hanako, "<script>alert(1)</script> \ud800")
    shown = page(ovice, "/ovice/spaces/987", **{"as": place.taro})
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ?" in shown


def test_a_page_speaks_the_viewers_language_or_the_chosen_one(ovice: Ovice, place: Place) -> None:
    assert '<html lang="ja">' in page(ovice, "/ovice/spaces/987", **{"as": place.hanako})
    english = page(ovice, "/ovice/spaces/987", **{"as": place.hanako, "lang": "en"})
    assert '<html lang="en">' in english
    assert "Your message" in english


def test_a_person_to_write_to_is_filled_in(ovice: Ovice, place: Place) -> None:
    assert ">@Hanako </textarea>" in page(ovice, "/ovice/spaces/987", to="Hanako")


def test_the_first_page_leads_to_every_space(ovice: Ovice, place: Place) -> None:
    assert "/ovice/spaces/987" in page(ovice, "/ovice/")


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("unlinked", [("link", "Link")]),
        ("linked", [("manage", "Linked")]),
        ("needs_relink", [("link", "Link")]),
        ("paused", [("manage", "Linked")]),
        ("unavailable", []),
    ],
)
def test_the_workplace_item_shows_the_state_of_the_link(
    ovice: Ovice, place: Place, relay: Receiver, status: str, buttons: list[tuple[str, str]]
) -> None:
    link_is(relay, place.taro, status=status)
    shown = page(ovice, INTEGRATIONS, **{"as": place.taro})
    assert f'data-status="{status}"' in shown
    assert BUTTON.findall(shown) == buttons


def test_the_state_is_asked_for_with_the_connector_key(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    link_is(relay, place.taro, status="linked", workplace_name="Taro in Workplace")
    assert "Taro in Workplace" in page(ovice, INTEGRATIONS, **{"as": place.taro})
    [asked] = relay.received
    key = ovice.settings()["connector_key"]
    assert asked.headers["authorization"] == f"Bearer {key}"


def test_times_are_shown_as_people_read_them(ovice: Ovice, place: Place, relay: Receiver) -> None:
    link_is(relay, place.taro, status="linked", linked_at="2026-06-01T18:00:00+09:00")
    assert "2026-06-01 09:00 UTC" in page(ovice, INTEGRATIONS, **{"as": place.taro})
    link_is(relay, place.taro, status="linked", linked_at="yesterday")
    assert "<dd>yesterday</dd>" in page(ovice, INTEGRATIONS, **{"as": place.taro})


@pytest.mark.parametrize(
    ("state", "shown"), [("active", "有効"), ("attention", "要確認"), ("dancing", "dancing")]
)
def test_the_state_of_the_connection_is_told_in_the_owners_language(
    ovice: Ovice, place: Place, relay: Receiver, state: str, shown: str
) -> None:
    relay.pages["/v1/organizations/4821/connection"] = Answer(200, {"state": state})
    assert f"接続状態: {shown}" in page(ovice, SETTINGS, **{"as": place.taro, "lang": "ja"})


@pytest.mark.parametrize("status", [404, 401, 500])
def test_a_relay_that_does_not_tell_leaves_the_item_unavailable(
    ovice: Ovice, place: Place, relay: Receiver, status: int
) -> None:
    relay.pages[f"/v1/organizations/4821/users/{place.taro}/link"] = Answer(status, {})
    shown = page(ovice, INTEGRATIONS, **{"as": place.taro})
    assert "Workplace is unavailable" in shown
    assert f"Relay: {status}" in shown


def test_a_state_that_is_not_in_the_contract_is_none(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    link_is(relay, place.taro, status="dancing")
    assert 'data-status="unknown"' in page(ovice, INTEGRATIONS, **{"as": place.taro})


def test_a_visitor_has_no_workplace_item_and_gets_no_token(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    visitor = ovice.person(place.organization, "Vera", None, role="visitor")
    assert 'data-status="hidden"' in page(ovice, INTEGRATIONS, **{"as": visitor})
    assert relay.received == []
    assert post(ovice, LAUNCH, {"purpose": "link"}, visitor).status_code == 403


def test_the_link_button_posts_a_fresh_token_to_the_relay(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    answer = post(ovice, LAUNCH, {"purpose": "link"}, place.taro)
    assert f'action="{relay.url}/launch"' in answer.text
    assert f"form-action 'self' {relay.url}" in answer.headers["content-security-policy"]
    token = answer.text.partition('name="token" value="')[2].partition('"')[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["purpose"], claims["aud"]) == (place.taro, "link", relay.url)


def test_only_owners_get_a_token_for_the_set_up(ovice: Ovice, place: Place) -> None:
    assert post(ovice, LAUNCH, {"purpose": "setup"}, place.taro).status_code == 200
    assert post(ovice, LAUNCH, {"purpose": "setup"}, place.ada).status_code == 403
    assert post(ovice, LAUNCH, {"purpose": "anything"}, place.taro).status_code == 400


def test_only_owners_see_and_change_the_organization(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    url = ovice.web_url + SETTINGS
    refused = requests.get(url, params={"as": place.ada}, timeout=5)
    assert (refused.status_code, "hanako@example.com" in refused.text) == (403, False)
    assert post(ovice, f"{SETTINGS}/organization", {"name": "X"}, place.ada).status_code == 403
    assert "hanako@example.com" in page(ovice, SETTINGS, **{"as": place.taro})
    assert relay.types() == []


def test_an_owners_changes_are_told_to_the_relay(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    person = {"name": "Hanako", "email": "new@example.com", "role": "member", "locale": "ja"}
    for what, form in (
        ("organization", {"name": "New Works"}),
        ("space", {"id": "987", "name": "Tokyo", "domain": "tokyo"}),
        ("space", {"name": "Osaka"}),
        ("person", {**person, "id": place.hanako, "email_verified": "on"}),
        ("person", {"name": "Jiro", "email": "jiro@example.com", "role": "member"}),
        ("person", {"id": place.ada, "remove": "1"}),
        ("space", {"id": "987", "remove": "1"}),
    ):
        assert post(ovice, f"{SETTINGS}/{what}", form, place.taro).status_code == 303
    assert relay.types() == [
        "organization.updated",
        "space.updated",
        "space.created",
        "organization.member.email_changed",
        "organization.member.added",
        "organization.member.removed",
        "space.removed",
    ]
    assert relay.events("organization.updated")[0]["organization"]["feature_enabled"] is False


@pytest.mark.parametrize("path", ["/ovice/spaces/1", "/ovice/organizations/1/integrations"])
def test_a_missing_page_is_not_found(ovice: Ovice, place: Place, path: str) -> None:
    assert requests.get(ovice.web_url + path, timeout=5).status_code == 404


def test_every_sentence_is_there_in_both_languages() -> None:
    assert [key for key, pair in WORDS.items() if not all(pair) or pair[0] == pair[1]] == []
