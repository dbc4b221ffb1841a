import re
from collections.abc import Iterator

import pytest
import requests

from tests.plugins.graph import Graph
from tests.plugins.sandbox import Sandbox


class Person(requests.Session):
    """Somebody with a browser that runs no scripts."""

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
    page = person.submit(f"/work/admin/{community}/integrations", **form).text
    assert "Read user email address" in page
    assert "Send messages to members" not in page


def test_an_integration_is_reset_made_strict_and_uninstalled_by_hand(
    person: Person, graph: Graph, community: str
) -> None:
    path = f"/work/admin/{community}/integrations/{graph.integration.page_id}"
    person.submit(path + "/proof", require="on")
    assert graph.get("me").json()["error"]["code"] == 100
    person.submit(path + "/proof")
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
        assert next(lines) == b": listening"
        graph.send(graph.id_of("hanako@example.com"))
        heard = next(line for line in lines if line.startswith(b"data:"))
    assert heard == b'data: {"kind": "chat"}'
