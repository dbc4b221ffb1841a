import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests.plugins.graph import Graph
from tests.plugins.ovice import Ovice
from tests.plugins.sandbox import Sandbox
from tests.sandbox.ovice.conftest import Place


@dataclass(frozen=True)
class Chat:
    """The Work Chat of Hanako: the bot that can write to her, and her own id."""

    graph: Graph
    hanako: str

    def bot_writes(self, text: str) -> None:
        """Send a text as the relay would."""
        assert self.graph.send(self.graph.id_of("hanako@example.com"), text).ok

    def bot_offers(self, text: str) -> None:
        """Send a text with a button below it, as the relay does where the bot hears."""
        button = {"type": "postback", "title": "Pause", "payload": "pause"}
        payload = {"template_type": "button", "text": text, "buttons": [button]}
        message = {"attachment": {"type": "template", "payload": payload}}
        recipient = {"id": self.graph.id_of("hanako@example.com")}
        assert self.graph.post_message(recipient, message).ok


@pytest.fixture
def chat(sandbox: Sandbox) -> Chat:
    community = sandbox.community()
    hanako = sandbox.member(community, "Hanako")
    return Chat(Graph(sandbox, sandbox.custom_integration(community)), hanako)


def arrival(ovice: Ovice) -> float | None:
    seconds: float | None = ovice.events()[0]["in_work_chat_after_seconds"]
    return seconds


def test_the_log_tells_when_a_message_was_in_work_chat(
    ovice: Ovice, place: Place, chat: Chat
) -> None:
    ovice.dm(place.space, place.taro, place.hanako, "the plan")
    assert arrival(ovice) is None
    chat.bot_writes("Taro: the plan")
    assert 0 < (arrival(ovice) or 0) < 10


def test_a_message_with_buttons_arrives_as_well(ovice: Ovice, place: Place, chat: Chat) -> None:
    ovice.dm(place.space, place.taro, place.hanako, "the plan")
    chat.bot_offers("Taro: the plan")
    assert 0 < (arrival(ovice) or 0) < 10


def test_a_message_of_the_readers_own_is_no_arrival(
    sandbox: Sandbox, ovice: Ovice, place: Place, chat: Chat
) -> None:
    ovice.dm(place.space, place.taro, place.hanako, "the plan")
    page = chat.graph.integration.page_id
    body = {"member": chat.hanako, "page": page, "text": "the plan"}
    sandbox.workplace("POST", "chat", body)
    assert arrival(ovice) is None


def test_an_older_message_is_no_arrival(ovice: Ovice, place: Place, chat: Chat) -> None:
    chat.bot_writes("Taro: the plan")
    ovice.dm(place.space, place.taro, place.hanako, "the plan")
    assert arrival(ovice) is None


def test_an_open_page_hears_of_the_arrival(ovice: Ovice, place: Place, chat: Chat) -> None:
    ovice.dm(place.space, place.taro, place.hanako, "the plan")
    url = f"{ovice.web_url}/live?topic=ovice:{place.organization}"
    with requests.get(url, stream=True, timeout=5) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next_event(lines) == {"kind": "opened"}
        space = f"{ovice.web_url}/ovice/spaces/{place.space}?as={place.taro}"
        assert "In Work Chat" not in requests.get(space, timeout=5).text
        chat.bot_writes("Taro: the plan")
        assert next_event(lines) == {"kind": "arrival"}
        assert "In Work Chat" in requests.get(space, timeout=5).text


def next_event(lines: Iterator[str]) -> dict[str, str]:
    """Return the next event of a live stream."""
    for line in lines:
        if line.startswith("data: "):
            return dict(json.loads(line.removeprefix("data: ")))
    raise AssertionError("the stream ended")
