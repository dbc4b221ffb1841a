import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.plugins.graph import Graph
from tests.plugins.sandbox import Sandbox


class Person(requests.Session):
    """Person with a browser that runs no scripts."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox

    def open(self, path: str) -> str:
        answer = self.get(self.sandbox.web_url + path, timeout=5)
        assert answer.status_code == 200
        return answer.text

    def submit(self, path: str, **form: str | list[str]) -> requests.Response:
        return self.post(self.sandbox.web_url + path, data=form, timeout=5)


@pytest.fixture
def person(sandbox: Sandbox) -> Iterator[Person]:
    with Person(sandbox) as person:
        yield person


def token_on(page: str) -> str | None:
    found = re.search(r'class="secret">(DQV\w+)<', page)
    return found[1] if found else None


def ticked(page: str) -> list[str]:
    return re.findall(r'name="permissions" value="(\w+)" checked', page)


def test_the_index_leads_to_every_part(person: Person) -> None:
    page = person.open("/")
    for path in ("/work/admin/", "/chat/", "/ovice/", "/control/health"):
        assert f'href="{path}"' in page


def test_a_community_and_a_member_are_made_by_hand(person: Person, sandbox: Sandbox) -> None:
    home = person.submit("/work/admin/communities", name="Acme").url
    path = home.removeprefix(sandbox.web_url)
    page = person.submit(path + "members", name="Ada Example", email="ada@example.com").text
    assert "Ada Example" in page
    again = person.submit(path + "members", name="Ada", email="ADA@example.com")
    assert again.status_code == 400


def test_the_token_is_shown_once_to_who_understands(
    person: Person, sandbox: Sandbox, community: str
) -> None:
    permissions = ["message", "read_user_email"]
    home = f"/work/admin/{community}/integrations"
    made = person.submit(home, name="ovice DM", permissions=permissions)
    path = made.url.removeprefix(sandbox.web_url)
    assert "I understand" in made.text
    assert token_on(made.text) is None
    assert token_on(person.submit(path + "/token").text) is None
    token = token_on(person.submit(path + "/token", understood="on").text)
    assert token is not None
    assert token_on(person.submit(path + "/token", understood="on").text) is None
    assert "I understand" not in person.open(path)
    headers = {"Authorization": f"Bearer {token}"}
    me = requests.get(f"{sandbox.graph_url}/me", headers=headers, timeout=5)
    assert me.json()["name"] == "ovice DM"


def test_the_ticked_permissions_are_the_ones_given(
    person: Person, sandbox: Sandbox, community: str
) -> None:
    form = {"name": "Reader", "permissions": "read_user_email"}
    made = person.submit(f"/work/admin/{community}/integrations", **form)
    assert ticked(made.text) == ["read_user_email"]
    path = made.url.removeprefix(sandbox.web_url)
    changed = person.submit(path + "/rights", permissions=["message"])
    assert ticked(changed.text) == ["message"]


def test_an_integration_is_reset_made_strict_and_uninstalled_by_hand(
    person: Person, graph: Graph, community: str
) -> None:
    path = f"/work/admin/{community}/integrations/{graph.integration.page_id}"
    person.submit(path + "/rights", require="on")
    assert graph.get("me").json()["error"]["code"] == 100
    person.submit(path + "/rights")
    assert graph.get("me").status_code == 200
    assert "I understand" in person.submit(path + "/reset").text
    assert graph.get("me").json()["error"]["code"] == 190
    assert "Nothing is installed" in person.submit(path + "/uninstall").text


def test_a_webhook_that_does_not_answer_is_told(
    person: Person, graph: Graph, community: str
) -> None:
    path = f"/work/admin/{community}/integrations/{graph.integration.page_id}/webhooks"
    form = {"callback_url": "http://127.0.0.1:9/", "verify_token": "x", "fields": "messages"}
    answer = person.submit(path, **form)
    assert answer.status_code == 400
    assert "Callback verification failed" in answer.text


def test_a_third_party_app_is_registered_and_offered(
    person: Person, sandbox: Sandbox, community: str
) -> None:
    form = {"name": "ovice", "redirect_uri": "http://127.0.0.1:8000/workplace/callback"}
    assert "App secret" in person.submit("/work/admin/apps", **form).text
    assert ">Install</button>" in person.open(f"/work/admin/{community}/")


def test_a_member_reads_answers_and_taps(
    person: Person, sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    reply = {"content_type": "text", "title": "Help", "payload": "HELP"}
    graph.send(recipient, "<b>Hello</b>", quick_replies=[reply])
    conversations = person.open(f"/chat/{hanako}")
    path = re.findall(rf'href="(/chat/{hanako}/t_\d+)"', conversations)[0]
    page = person.open(path)
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page
    assert ">Help</button>" in page
    person.submit(path, act="choose", title="Help", payload="HELP")
    page = person.submit(path, text="thank you").text
    assert ">Help</button>" not in page
    assert [m["text"] for m in sandbox.chat(hanako)] == ["<b>Hello</b>", "Help", "thank you"]
    assert sandbox.chat(hanako)[1]["payload"] == "HELP"


def test_a_card_shows_its_buttons_and_no_script_address(
    person: Person, sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    buttons = [
        {"type": "postback", "title": "Stop", "payload": "STOP"},
        {"type": "web_url", "title": "Open", "url": "javascript:alert(1)"},
    ]
    payload = {"template_type": "button", "text": "Card", "buttons": buttons}
    attachment = {"type": "template", "payload": payload}
    graph.post_message({"id": graph.id_of("hanako@example.com")}, {"attachment": attachment})
    thread = sandbox.chat(hanako)[0]["thread_id"]
    page = person.open(f"/chat/{hanako}/{thread}")
    assert ">Stop</button>" in page
    assert "javascript:" not in page


def test_a_new_chat_offers_get_started_and_the_menu(
    person: Person, sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    entry = {"type": "postback", "title": "Settings", "payload": "SETTINGS"}
    profile = {
        "get_started": {"payload": "START"},
        "greeting": [{"locale": "default", "text": "Hi"}, {"locale": "ja_JP", "text": "やあ"}],
        "persistent_menu": [{"locale": "default", "call_to_actions": [entry]}],
    }
    graph.call("POST", "me/messenger_profile", json=profile)
    opened = person.submit(f"/chat/{hanako}/with/{graph.integration.page_id}")
    for text in ("Get started", "やあ", "Settings"):
        assert text in opened.text
    path = opened.url.removeprefix(sandbox.web_url)
    person.submit(path, act="tap", title="Get started", payload="START")
    assert sandbox.chat(hanako)[0]["payload"] == "START"


def test_somebody_elses_chat_is_not_shown(
    person: Person, sandbox: Sandbox, graph: Graph, community: str, hanako: str
) -> None:
    graph.send(graph.id_of("hanako@example.com"))
    thread = sandbox.chat(hanako)[0]["thread_id"]
    taro = sandbox.member(community, "Taro Example")
    answer = requests.get(f"{sandbox.web_url}/chat/{taro}/{thread}", timeout=5)
    assert answer.status_code == 404


def test_a_form_from_another_website_is_refused(person: Person, sandbox: Sandbox) -> None:
    url = f"{sandbox.web_url}/work/admin/communities"
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert person.post(url, data={"name": "x"}, headers=headers, timeout=5).status_code == 403


@pytest.mark.parametrize("charset", ["utf-8", "klingon"])
@pytest.mark.parametrize("path", ["/work/admin/communities", "/dialog/work/app_install/"])
def test_a_form_that_is_no_text_is_refused(person: Person, path: str, charset: str) -> None:
    headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    url = person.sandbox.web_url + path
    assert person.post(url, data=b"name=\xff", headers=headers, timeout=5).status_code == 400


def test_pages_forbid_foreign_code(person: Person, sandbox: Sandbox) -> None:
    policy = person.get(sandbox.web_url, timeout=5).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert policy.endswith("form-action 'self'")


def test_an_open_page_hears_that_a_message_came(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    url = f"{sandbox.web_url}/live?topic=chat:{hanako}"
    with requests.get(url, stream=True, timeout=5) as stream:
        lines = stream.iter_lines()
        assert heard(lines) == {"kind": "opened"}
        graph.send(graph.id_of("hanako@example.com"))
        assert heard(lines) == {"kind": "chat"}


def heard(lines: Iterator[bytes]) -> dict[str, str]:
    """Return the next event of a live stream."""
    data = next(line for line in lines if line.startswith(b"data: "))
    return dict(json.loads(data.removeprefix(b"data: ")))


def part(page: str, name: str) -> str:
    """Return the part of a page that its script replaces."""
    return page.partition(f'data-part="{name}"')[2].partition("</ul>")[0]


def test_a_change_before_the_stream_opened_is_fetched_at_its_first_event(
    person: Person, sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    page = person.open(f"/chat/{hanako}")
    topic = re.findall(r'data-live="([^"]+)"', page)[0]
    graph.send(graph.id_of("hanako@example.com"), "in between")
    with requests.get(f"{sandbox.web_url}/live?topic={topic}", stream=True, timeout=5) as stream:
        assert heard(stream.iter_lines()) == {"kind": "opened"}
    assert "in between" not in part(page, "threads")
    assert "in between" in part(person.open(f"/chat/{hanako}"), "threads")


@pytest.fixture
def place(community: str, hanako: str) -> dict[str, str]:
    return {"community": community, "member": hanako}


@pytest.mark.parametrize("path", ["/work/admin/", "/chat/", "/work/admin/{community}/"])
@pytest.mark.parametrize(
    "change",
    [
        ("POST", "communities/{community}/members", {"name": "Taro", "email": "taro@example.com"}),
        ("PATCH", "members/{member}", {"active": False}),
        ("POST", "apps", {"name": "ovice"}),
        ("POST", "communities/{community}/integrations", {"name": "ovice DM"}),
    ],
)
def test_every_list_hears_of_changes_made_elsewhere(
    person: Person, place: dict[str, str], path: str, change: tuple[str, str, Any]
) -> None:
    method, changed, values = change
    page = person.open(path.format(**place))
    topic = re.findall(r'data-live="([^"]+)"', page)[0]
    url = f"{person.sandbox.web_url}/live?topic={topic}"
    with requests.get(url, stream=True, timeout=5) as stream:
        lines = stream.iter_lines()
        assert heard(lines) == {"kind": "opened"}
        person.sandbox.workplace(method, changed.format(**place), values)
        assert heard(lines) == {"kind": "community"}


def test_a_long_line_is_cut_within_its_card(person: Person) -> None:
    css = person.open("/static/sandbox.css")
    assert "minmax(0, 1fr)" in css.partition(".cards {")[2].partition("}")[0]
    assert "text-overflow: ellipsis" in css.partition(".clip {")[2].partition("}")[0]
    assert "overflow-wrap" in css.partition("main {")[2].partition("}")[0]


def test_a_member_is_changed_by_hand(
    person: Person, sandbox: Sandbox, graph: Graph, community: str, hanako: str
) -> None:
    path = f"/work/admin/{community}/members/{hanako}"
    assert 'value="hanako@example.com"' in person.open(path)
    form = {"act": "save", "name": "Hanako Example", "locale": "en_US"}
    page = person.submit(path, email="hana@example.com", **form).text
    assert "hana@example.com" in page
    assert graph.get("hana@example.com").status_code == 200
    assert graph.get("hanako@example.com").json()["error"]["code"] == 803
    person.submit(path, email="hana@example.com", unclaimed="on", **form)
    assert graph.send(graph.id_of("hana@example.com")).status_code == 400
    person.submit(path, act="deactivate")
    assert graph.get("hana@example.com", fields="active").json()["active"] is False
    person.submit(path, act="reactivate")
    assert graph.get("hana@example.com", fields="active").json()["active"] is True


def test_an_address_somebody_has_cannot_be_given_again(
    person: Person, sandbox: Sandbox, community: str, hanako: str
) -> None:
    sandbox.member(community, "Taro Example")
    path = f"/work/admin/{community}/members/{hanako}"
    form = {"act": "save", "name": "Hanako", "email": "TARO@example.com", "locale": "ja_JP"}
    assert person.submit(path, **form).status_code == 400
    assert person.submit(path, act="dance").status_code == 400


def test_a_member_blocks_a_bot_by_hand_and_lets_it_in_again(
    person: Person, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    opened = person.submit(f"/chat/{hanako}/with/{graph.integration.page_id}")
    path = opened.url.removeprefix(person.sandbox.web_url)
    assert "It cannot write to you" in person.submit(path, act="block").text
    assert graph.send(recipient).json()["error"]["code"] == 551
    person.submit(path, act="unblock")
    assert graph.send(recipient).status_code == 200


def test_an_integration_nobody_used_is_brought_back_by_hand(
    person: Person, sandbox: Sandbox, graph: Graph, community: str
) -> None:
    path = f"/work/admin/{community}/integrations/{graph.integration.page_id}"
    assert "Deactivated" not in person.open(path)
    sandbox.advance(61 * 86400)
    assert "Deactivated" in person.open(path)
    assert graph.get("me").json()["error"]["code"] == 190
    assert "Deactivated" not in person.submit(path + "/reactivate").text
    assert graph.get("me").status_code == 200
