"""Sends beyond a plain text: buttons, quick replies and sender actions."""

import pytest

from integrations.targets.errors import (
    ContentRefused,
    PermissionMissing,
    RecipientGone,
    Unavailable,
)
from integrations.targets.port import Choice, Page, Saying
from integrations.workplace.client import GraphClient
from integrations.workplace.messages import (
    Action,
    send_action,
    send_saying,
    send_text,
)
from tests.integrations.workplace.conftest import credentials

LINK = "https://app.ovice.com/ws/example"


def test_buttons_arrive_below_their_text(sandbox, client, ada):
    offers: list[Choice | Page] = [Page("Open", LINK), Choice("Stop", "STOP")]

    sent = send_text(client, ada.account_id, "You are linked.", offers=offers)

    [message] = sandbox.chat(ada.member)
    assert message["message_id"] == sent.message_id
    assert message["attachment"] == {
        "type": "template",
        "payload": {
            "template_type": "button",
            "text": "You are linked.",
            "buttons": [
                {"type": "web_url", "title": "Open", "url": LINK},
                {"type": "postback", "title": "Stop", "payload": "STOP"},
            ],
        },
    }


def test_quick_replies_arrive_with_their_payloads(sandbox, client, ada):
    send_saying(client, ada.account_id, Saying("What now?", choices=(Choice("Help", "HELP"),)))

    [message] = sandbox.chat(ada.member)
    assert message["text"] == "What now?"
    assert message["quick_replies"] == [
        {"content_type": "text", "title": "Help", "payload": "HELP"}
    ]


@pytest.mark.parametrize("action", list(Action))
def test_an_action_shows_and_leaves_no_message(sandbox, client, ada, action):
    send_action(client, ada.account_id, action)

    [call] = sandbox.sends()
    assert (call["body"]["sender_action"], call["accepted"]) == (action.value, True)
    assert sandbox.chat(ada.member) == []


def test_a_lost_answer_to_an_action_is_no_doubt_worth_keeping(sandbox, client, ada):
    sandbox.fault("cut_after")

    with pytest.raises(Unavailable):
        send_action(client, ada.account_id, Action.TYPING_ON)


def test_a_message_that_is_too_large_is_refused_by_the_platform(sandbox, client, ada):
    sandbox.behave(long_quick_reply_titles="refused")
    for text in ("a" * 2001, ""):
        with pytest.raises(ContentRefused):
            send_text(client, ada.account_id, text)
    too_much = [
        Saying("Hi", pages=(Page("Open", LINK),) * 4),
        Saying("a" * 641, pages=(Page("Open", LINK),)),
        Saying("Hi", choices=(Choice("a", "A"),) * 14),
        Saying("Hi", choices=(Choice("a" * 21, "A"),)),
    ]
    for saying in too_much:
        with pytest.raises(ContentRefused):
            send_saying(client, ada.account_id, saying)


def test_without_the_permission_nothing_is_sent(sandbox, integration, ada):
    bare = sandbox.custom_integration(integration.community_id, permissions=["read_user_email"])

    with pytest.raises(PermissionMissing):
        send_text(GraphClient(credentials(bare)), ada.account_id, "Hello")


def test_a_person_who_cannot_be_written_to_is_gone(sandbox, integration, client, ada):
    foreign = sandbox.custom_integration(integration.community_id)
    unknown = ["1", integration.page_id, foreign.page_id, ada.member]

    for account_id in unknown:
        with pytest.raises(RecipientGone):
            send_text(client, account_id, "Hello")


@pytest.mark.parametrize("code", [551, 100])
def test_a_person_who_left_is_gone(sandbox, client, ada, code):
    sandbox.behave(unavailable_code=code)
    sandbox.change_member(ada.member, active=False)

    with pytest.raises(RecipientGone):
        send_text(client, ada.account_id, "Hello")


def test_a_person_who_blocked_the_bot_is_gone(sandbox, integration, client, ada):
    sandbox.change_member(ada.member, blocks=integration.page_id)

    with pytest.raises(RecipientGone):
        send_text(client, ada.account_id, "Hello")


def test_a_person_who_has_not_claimed_the_account_is_gone(sandbox, client, ada):
    sandbox.change_member(ada.member, claimed=False)

    with pytest.raises(RecipientGone):
        send_text(client, ada.account_id, "Hello")
