"""The one thing this is for, with real processes: a DM of ovice arrives in Work Chat."""

import json
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from config.demo.story import Cast, carry_one_dm, send_dm, texts_in_work_chat
from config.demo.system import System
from integrations.targets.quoting import unquote
from tests.factories import EVENTS, rfc3339, sign

pytestmark = pytest.mark.services

SECONDS = 20


def wait_for_texts(system: System, cast: Cast, count: int) -> list[str]:
    """Return what Hanako reads once there are ``count`` texts, without the headline."""
    system.children.wait_until(
        f"{count} texts", lambda: len(texts_in_work_chat(system, cast)) >= count, seconds=SECONDS
    )
    return [unquote(text.split("\n\n")[1]) for text in texts_in_work_chat(system, cast)]


def test_a_dm_typed_in_ovice_is_read_in_work_chat(system, cast):
    assert carry_one_dm(system, cast) < SECONDS
    typed = "会議室Bに来られますか？ 👨‍👩‍👧‍👦"
    send_dm(system, cast, typed)
    assert wait_for_texts(system, cast, 2)[-1] == typed


def test_ten_dms_arrive_once_each_in_order(system, cast):
    before = len(texts_in_work_chat(system, cast))
    texts = [f"number {n}" for n in range(10)]
    for text in texts:
        assert send_dm(system, cast, text) == "accepted"
    assert wait_for_texts(system, cast, before + 10)[before:] == texts


def test_ovice_shows_the_link_on_its_own_page_and_has_heard_of_it(system, cast):
    page = f"ovice/organizations/{cast.organization}/integrations?as={cast.recipient}"
    text = requests.get(f"{system.sandbox_url}/{page}", timeout=5).text
    assert 'data-status="linked"' in text

    def heard() -> list[tuple[str, str | None]]:
        callbacks = system.control("GET", "ovice/callbacks?after=0")["data"]
        return [(callback["body"]["type"], callback["error"]) for callback in callbacks]

    system.children.wait_until("callbacks", lambda: len(heard()) >= 2, seconds=SECONDS)
    assert heard()[:2] == [("organization.connected", None), ("link.created", None)]


def test_somebody_who_writes_to_the_bot_gets_an_answer(system, cast):
    written = {"member": cast.account, "page": cast.bot, "text": "Is anybody there?"}
    system.control("POST", "workplace/chat", written)

    def answers() -> list[str]:
        return [said["text"] for said in chat_of(system, cast) if not said["metadata"]]

    system.children.wait_until("an answer", answers, seconds=SECONDS)
    [answer] = answers()
    assert answer.startswith("Nobody reads what is written here: replies do not go back to ovice.")


def chat_of(system: System, cast: Cast) -> list[dict[str, Any]]:
    chat = system.control("GET", f"workplace/messages?member={cast.account}")
    return [message for message in chat["data"] if message["from"] == "bot"]


def dm_body(cast: Cast, text: str, **changes: object) -> bytes:
    data = {
        "organization": {"id": cast.organization},
        "space": {"id": cast.space, "name": "Tokyo HQ"},
        "message": {"id": f"msg-{time.monotonic_ns()}", "text": text, "sent_at": rfc3339()},
        "mention": {"scope": "user"},
        "sender": {"id": cast.sender, "name": "Taro"},
        "recipients": [{"id": cast.recipient, "type": "user"}],
        **changes,
    }
    document = {"type": "message.direct.created", "timestamp": rfc3339(), "data": data}
    return json.dumps(document).encode()


def post(
    system: System, body: bytes, event_id: str, *, pieces: Iterable[bytes] = ()
) -> dict[str, str]:
    """Send a signed event; in chunks, without a length, where its ``pieces`` are given."""
    secret = system.children.env["OVICE_EVENT_SECRETS"]
    headers = {
        **sign(body, event_id=event_id, secret=secret),
        "Content-Type": "application/json",
    }
    answer = requests.post(
        system.base_url + EVENTS, data=iter(pieces) if pieces else body, headers=headers, timeout=30
    )
    assert answer.status_code == 202, answer.text
    answered: dict[str, str] = answer.json()
    return answered


def test_the_same_event_fifty_times_at_once_is_one_message(system, cast):
    before = len(texts_in_work_chat(system, cast))
    body = dm_body(cast, "only once")
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: post(system, body, "evt_fifty")["status"], range(50)))
    assert sorted(answers) == ["accepted"] + ["duplicate"] * 49
    send_dm(system, cast, "the next one")
    assert wait_for_texts(system, cast, before + 2)[before:] == ["only once", "the next one"]


def test_an_event_without_a_length_is_read_to_its_end(system, cast):
    before = len(texts_in_work_chat(system, cast))
    body = dm_body(cast, "in pieces")
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    assert post(system, body, "evt_pieces", pieces=pieces) == {"status": "accepted"}
    assert wait_for_texts(system, cast, before + 1)[before:] == ["in pieces"]


@pytest.mark.parametrize("door", ["/v1/ovice/events", "/v1/ovice/events/batch", "/launch"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"5\r\nhello\r\n0\r\n\r\n", 4), (b"nonsense\r\n", 4), (b"100000\r\n" + b"x" * 2**20, 4)],
    ids=["chunks", "no chunks", "chunks that end too early"],
)
def test_chunks_of_any_form_are_refused_and_break_nothing(system, door, sent, status):
    head = f"POST {door} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    address = urlsplit(system.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode() + sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").readline().split()
    assert not answer or int(answer[1]) // 100 == status


def test_a_group_mention_never_arrives(system, cast):
    before = len(texts_in_work_chat(system, cast))
    shouted = dm_body(cast, "@all lunch?", mention={"scope": "all"})
    assert post(system, shouted, "evt_all") == {"status": "skipped", "reason": "group_mention"}
    send_dm(system, cast, "after the shout")
    assert wait_for_texts(system, cast, before + 1)[before:] == ["after the shout"]


def test_no_log_holds_a_text_a_name_a_secret_or_an_address(system, cast):
    env = system.children.env
    send_dm(system, cast, "canary in the logs")
    wait_for_texts(system, cast, len(texts_in_work_chat(system, cast)))
    ours = ("web", "worker", "beat")
    logs = "".join(system.children.log(name).read_text() for name in ours)
    assert " ready." in logs
    lines = [line for line in logs.splitlines() if line.strip()]
    assert [line for line in lines if not is_json(line)] == []
    words = ("canary in the logs", "Can you join", "Hanako", "Taro", "@example.com")
    secrets = [env["SECRET_KEY"], env["ENCRYPTION_KEYS"], env["OVICE_EVENT_SECRETS"]]
    assert [word for word in (*words, *secrets) if word in logs] == []


def test_doctor_finds_nothing_wrong_with_what_runs(system, cast):
    def audited() -> bool:
        return "finds nothing amiss" in system.manage("doctor", "doctor", "--only", "audit")

    system.children.wait_until("an audit", audited, seconds=SECONDS)
    said = system.manage("doctor", "doctor")
    assert "Nothing is wrong" in said
    assert "that of the first organization has" in said


def is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def test_one_scrape_shows_what_all_processes_counted(system, cast):
    before = scraped(system)
    count = len(texts_in_work_chat(system, cast))
    send_dm(system, cast, "counted")
    wait_for_texts(system, cast, count + 1)
    after = scraped(system)
    for name in ('events_total{outcome="accepted"}', 'ended_deliveries_total{state="delivered"}'):
        assert after[name] == before.get(name, 0) + 1
    assert after["accept_to_sent_seconds_count"] == before["accept_to_sent_seconds_count"] + 1
    assert time.time() - after["beat_seen_timestamp_seconds"] < SECONDS
    assert time.time() - after["worker_seen_timestamp_seconds"] < SECONDS
    ready = requests.get(f"{system.base_url}/readyz", timeout=5)
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


def scraped(system: System) -> dict[str, float]:
    """Return the samples of ours without labels, or with their labels as in the text."""
    text = requests.get(f"{system.base_url}/metrics", timeout=10).text
    lines = [line.removeprefix("kotozute_") for line in text.splitlines()]
    pairs = [line.rpartition(" ") for line in lines if line and line[0] != "#"]
    return {name: float(value) for name, _, value in pairs}
