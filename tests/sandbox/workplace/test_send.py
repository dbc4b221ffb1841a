from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.workplace import content
from tests.plugins.graph import Graph, error_of
from tests.plugins.sandbox import Sandbox

BUTTON = {"type": "postback", "title": "Stop", "payload": "STOP"}
URL_BUTTON = {"type": "web_url", "title": "Open", "url": "https://example.com/"}
REPLY = {"content_type": "text", "title": "Help", "payload": "HELP"}


def template(**payload: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


def test_a_sent_text_arrives_in_the_members_chat(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    answer = graph.send(recipient, "こんにちは")
    assert answer.status_code == 200
    assert answer.json()["recipient_id"] == recipient
    assert sandbox.texts(hanako) == ["こんにちは"]
    assert sandbox.chat(hanako)[0]["message_id"] == answer.json()["message_id"]


def test_a_form_with_nested_json_sends_like_json(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    form = {"recipient": f'{{"id":"{recipient}"}}', "message": '{"text":"from a form"}'}
    assert graph.call("POST", "v3.2/me/messages", data=form).status_code == 200
    assert sandbox.texts(hanako) == ["from a form"]


def test_the_pages_own_path_sends_too(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    body = {"recipient": {"id": graph.id_of("hanako@example.com")}, "message": {"text": "hi"}}
    graph.call("POST", f"{graph.integration.page_id}/messages", json=body)
    assert sandbox.texts(hanako) == ["hi"]


def test_a_send_without_recipient_is_refused(graph: Graph) -> None:
    answer = graph.post_message(None, {"text": "hi"})
    assert error_of(answer) == (400, 100, None)
    assert answer.json()["error"]["message"] == "(#100) The parameter recipient is required."


@pytest.mark.parametrize("recipient", ["", "text", [], {}, {"name": "x"}, {"id": "1", "ids": []}])
def test_a_recipient_of_the_wrong_form_is_refused(graph: Graph, recipient: Any) -> None:
    assert error_of(graph.post_message(recipient, {"text": "hi"})) == (400, 100, None)


def test_broken_json_in_a_form_is_refused(graph: Graph) -> None:
    answer = graph.call("POST", "me/messages", data={"recipient": '{"id":', "message": "{}"})
    assert answer.json()["error"]["message"] == "(#100) param recipient must be non-empty."


def test_a_send_of_nothing_is_refused(graph: Graph, hanako: str) -> None:
    answer = graph.post_message({"id": graph.id_of("hanako@example.com")})
    assert error_of(answer) == (400, 100, None)


@pytest.mark.parametrize("asked", ["123", "hanako@example.com", "1e5", "", "９９"])
def test_an_unknown_id_cannot_be_written_to(graph: Graph, hanako: str, asked: str) -> None:
    answer = graph.send(asked)
    assert error_of(answer) == (400, 100, None)
    assert answer.json()["error"]["message"] == (
        "(#100) Parameter error: You cannot send messages to this id"
    )


def test_a_number_as_id_is_refused(graph: Graph, hanako: str) -> None:
    assert (
        graph.post_message({"id": int(graph.id_of("hanako@example.com"))}, {"text": "x"}).json()[
            "error"
        ]["message"]
        == "(#100) Parameter error: You cannot send messages to this id"
    )


def test_the_pages_own_id_and_the_global_id_cannot_be_written_to(graph: Graph, hanako: str) -> None:
    assert error_of(graph.send(graph.integration.page_id)) == (400, 100, None)
    assert error_of(graph.send(hanako)) == (400, 100, None)


def test_another_apps_id_of_the_same_person_is_refused(
    sandbox: Sandbox, graph: Graph, community: str, hanako: str
) -> None:
    other = Graph(sandbox, sandbox.custom_integration(community, "Another"))
    foreign = other.id_of("hanako@example.com")
    assert foreign != graph.id_of("hanako@example.com")
    assert error_of(graph.send(foreign)) == (400, 100, None)


def test_another_communitys_member_is_refused(sandbox: Sandbox, graph: Graph) -> None:
    elsewhere = sandbox.community("Other")
    sandbox.member(elsewhere, "Taro Example")
    foreign = Graph(sandbox, sandbox.custom_integration(elsewhere)).id_of("taro@example.com")
    assert error_of(graph.send(foreign)) == (400, 100, None)


def test_an_unclaimed_account_cannot_be_written_to(
    sandbox: Sandbox, graph: Graph, community: str
) -> None:
    sandbox.member(community, "Taro Example", claimed=False)
    assert error_of(graph.send(graph.id_of("taro@example.com"))) == (400, 100, None)


def test_a_deactivated_member_is_unavailable(sandbox: Sandbox, graph: Graph, hanako: str) -> None:
    recipient = graph.id_of("hanako@example.com")
    sandbox.change_member(hanako, active=False)
    assert error_of(graph.send(recipient)) == (400, 551, 1545041)
    sandbox.behave(unavailable_code=100)
    assert error_of(graph.send(recipient)) == (400, 100, None)


def test_a_member_who_blocked_the_bot_is_unavailable_until_it_is_undone(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    sandbox.change_member(hanako, blocks=graph.integration.page_id)
    assert error_of(graph.send(recipient)) == (400, 551, 1545041)
    sandbox.change_member(hanako, unblocks=graph.integration.page_id)
    assert graph.send(recipient).status_code == 200


def test_a_bot_without_the_permission_cannot_send(
    sandbox: Sandbox, community: str, hanako: str
) -> None:
    made = sandbox.custom_integration(community, "Reader", permissions=["read_user_email"])
    reader = Graph(sandbox, made)
    assert error_of(reader.send(reader.id_of("hanako@example.com"))) == (403, 200, None)


@pytest.mark.parametrize("text", ["x" * 2000, "あ" * 2000, "😀" * 1000])
def test_a_text_of_2000_units_is_accepted(graph: Graph, hanako: str, text: str) -> None:
    assert graph.send(graph.id_of("hanako@example.com"), text).status_code == 200


@pytest.mark.parametrize("text", ["x" * 2001, "😀" * 1001])
def test_a_longer_text_is_refused(graph: Graph, hanako: str, text: str) -> None:
    answer = graph.send(graph.id_of("hanako@example.com"), text)
    assert answer.json()["error"]["message"] == (
        "(#100) Length of param message[text] must be less than or equal to 2000"
    )


@pytest.mark.parametrize(
    "message",
    [
        {"text": ""},
        {"text": "  "},
        {"text": 5},
        {"metadata": "only"},
        {"text": "a", "attachment": {"type": "file", "payload": {"url": "https://example.com"}}},
        {"text": "a", "metadata": "m" * 1001},
        {"text": "a", "quick_replies": [REPLY] * 14},
        {"text": "a", "quick_replies": []},
        {"text": "a", "quick_replies": [{**REPLY, "title": " " * 21}]},
        {"text": "a", "quick_replies": [{**REPLY, "payload": "p" * 1001}]},
        {"text": "a", "quick_replies": [{**REPLY, "content_type": "location"}]},
        {"quick_replies": [REPLY]},
        {"attachment": {"type": "poem", "payload": {}}},
        {"attachment": {"type": "image", "payload": {}}},
        {"attachment": {"type": "template"}},
        template(template_type="unknown"),
        template(template_type="button", text="t" * 641, buttons=[BUTTON]),
        template(template_type="button", text="t", buttons=[BUTTON] * 4),
        template(template_type="button", text="t", buttons=[]),
        template(template_type="button", text="t", buttons=[{**BUTTON, "title": "t" * 21}]),
        template(template_type="button", text="t", buttons=[{**BUTTON, "type": "magic"}]),
        template(template_type="button", text="t", buttons=[{"type": "web_url", "title": "x"}]),
        template(template_type="generic", elements=[]),
        template(template_type="generic", elements=[{"title": "t" * 81}]),
        template(template_type="generic", elements=[{"title": "t", "buttons": [BUTTON] * 4}]),
        template(template_type="list", elements=[{"title": "one"}]),
    ],
)
def test_a_message_against_the_rules_is_refused_and_not_delivered(
    sandbox: Sandbox, graph: Graph, hanako: str, message: dict[str, Any]
) -> None:
    recipient = graph.id_of("hanako@example.com")
    assert error_of(graph.post_message({"id": recipient}, message)) == (400, 100, None)
    assert sandbox.chat(hanako) == []


def test_a_quick_replys_title_is_cut_or_refused(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    long = {"text": "a", "quick_replies": [{**REPLY, "title": "t" * 19 + "😀"}]}
    assert graph.post_message({"id": recipient}, long).status_code == 200
    assert sandbox.chat(hanako)[0]["quick_replies"] == [{**REPLY, "title": "t" * 19}]
    sandbox.behave(long_quick_reply_titles="refused")
    assert error_of(graph.post_message({"id": recipient}, long)) == (400, 100, None)


@given(text=st.text(), limit=st.integers(1, 30))
def test_a_text_is_cut_between_characters(text: str, limit: int) -> None:
    short = content.cut(text, limit)
    assert text.startswith(short)
    assert content.units(short) <= limit
    assert short == text or content.units(text[: len(short) + 1]) > limit


@pytest.mark.parametrize(
    "message",
    [
        {"text": "a", "quick_replies": [REPLY] * 13, "metadata": "m" * 1000},
        {"attachment": {"type": "image", "payload": {"url": "https://example.com/a.png"}}},
        template(template_type="button", text="t" * 640, buttons=[BUTTON, URL_BUTTON, BUTTON]),
        template(template_type="generic", elements=[{"title": "t", "buttons": [URL_BUTTON]}]),
        template(template_type="list", elements=[{"title": "a"}, {"title": "b"}]),
    ],
)
def test_a_message_within_the_rules_is_delivered(
    sandbox: Sandbox, graph: Graph, hanako: str, message: dict[str, Any]
) -> None:
    recipient = graph.id_of("hanako@example.com")
    assert graph.post_message({"id": recipient}, message).status_code == 200
    assert sandbox.chat(hanako)[0]["quick_replies"] == message.get("quick_replies", [])


def test_a_sender_action_answers_without_message_id(
    sandbox: Sandbox, graph: Graph, hanako: str
) -> None:
    recipient = graph.id_of("hanako@example.com")
    answer = graph.post_message({"id": recipient}, sender_action="typing_on")
    assert answer.json() == {"recipient_id": recipient}
    assert sandbox.chat(hanako) == []


@pytest.mark.parametrize("action", ["dance", "", 5])
def test_an_unknown_sender_action_is_refused(graph: Graph, hanako: str, action: Any) -> None:
    recipient = graph.id_of("hanako@example.com")
    answer = graph.post_message({"id": recipient}, sender_action=action)
    assert error_of(answer) == (400, 100, None)


def test_an_unknown_messaging_type_is_refused(graph: Graph, hanako: str) -> None:
    recipient = graph.id_of("hanako@example.com")
    answer = graph.post_message({"id": recipient}, {"text": "a"}, messaging_type="SPAM")
    assert error_of(answer) == (400, 100, None)
