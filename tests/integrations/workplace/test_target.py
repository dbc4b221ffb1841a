"""The port on Workplace, from the registry to the member's chat."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.targets.errors import RecipientGone
from integrations.targets.port import Notice, open_target
from integrations.targets.quoting import quote
from integrations.workplace.messages import send_text
from tests.integrations.workplace.conftest import ADDRESS, credentials

LINK = "https://app.ovice.com/ws/example"


def test_a_notice_reaches_exactly_one_member(sandbox, integration, ada):
    target = open_target("workplace", credentials(integration))
    account = target.find_account(ADDRESS)
    assert account is not None
    texts = target.lay_out(Notice("Hanako wrote to you", "See you at noon", (), LINK))

    for text in texts:
        target.send(account.account_id, text, reference="delivery-1")

    assert sandbox.texts(ada.member) == [f"Hanako wrote to you\n\nSee you at noon\n\n{LINK}"]


def test_a_long_notice_arrives_in_parts_that_the_platform_accepts(sandbox, target, ada):
    texts = target.lay_out(Notice("Headline", quote("😀 " * 2_500), ("Footnote",), LINK))

    for text in texts:
        target.send(ada.account_id, text, reference="delivery-1")

    assert sandbox.texts(ada.member) == list(texts)
    assert len(texts) == 4


def test_a_send_is_an_update_and_carries_its_reference(sandbox, target, ada):
    sent = target.send(ada.account_id, "Hello", reference="delivery-1")

    [call] = sandbox.sends()
    [message] = sandbox.chat(ada.member)
    assert call["body"] == {
        "recipient": {"id": ada.account_id},
        "messaging_type": "UPDATE",
        "message": {"text": "Hello", "metadata": "delivery-1"},
    }
    assert (message["message_id"], message["is_group"]) == (sent.message_id, False)


def test_a_send_without_a_reference_carries_none(sandbox, client, ada):
    send_text(client, ada.account_id, "Hello")

    assert sandbox.sends()[0]["body"]["message"] == {"text": "Hello"}


@pytest.mark.parametrize("account_id", ["", "t_1", "ada@example.com", "1,2", "１２", "1" * 33])
def test_only_a_member_can_be_addressed(sandbox, target, account_id):
    with pytest.raises(RecipientGone) as caught:
        target.send(account_id, "Hello", reference="delivery-1")

    assert caught.value.code == "not-an-id"
    assert sandbox.calls() == []


def test_a_list_of_members_is_no_recipient(sandbox, target, ada):
    with pytest.raises(TypeError):
        target.send([ada.account_id, ada.account_id], "Hello", reference="delivery-1")

    assert sandbox.sends() == []


def test_threads_share_connections_and_nothing_else(sandbox, integration, ada):
    others = [sandbox.custom_integration(integration.community_id) for _number in range(4)]

    def send(number: int) -> None:
        target = open_target("workplace", credentials(others[number % 4]))
        account = target.find_account(ADDRESS)
        assert account is not None
        target.send(account.account_id, str(number % 4), reference=str(number))

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(send, range(80)))

    pages = {other.page_id: str(number) for number, other in enumerate(others)}
    messages = sandbox.chat(ada.member)
    assert [message["text"] for message in messages] == [pages[m["page_id"]] for m in messages]
    assert sorted(int(m["metadata"]) for m in messages) == list(range(80))


def test_usage_is_told_with_each_send(sandbox, target, ada):
    sandbox.workplace("PUT", "usage", {"entries": [{"kind": "app", "level": 82}]})

    assert target.send(ada.account_id, "Hello", reference="delivery-1").usage == 82
