import base64
import hashlib
import hmac
import time

import pytest

from tests.plugins.ovice import Ovice
from tests.plugins.sandbox import Sandbox
from tests.sandbox.ovice.conftest import Place
from tests.sandbox.ovice.receiver import Answer, Received, Receiver

OLD = "whsec_" + base64.b64encode(b"old secret of thirty-two bytes..").decode()
NEW = "whsec_" + base64.b64encode(b"new secret of thirty-two bytes..").decode()
OVERLOADED = Answer(503, {"error": "temporarily unavailable"})


def expected_signature(secret: str, request: Received) -> str:
    """Return the signature as the specification words it, on the bytes that arrived."""
    head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, head.encode() + request.body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def send(ovice: Ovice, place: Place, text: str = "hi", **values: object) -> dict:
    return ovice.dm(place.space, place.taro, place.hanako, text, **values)


def wait_for_answers(ovice: Ovice, count: int) -> None:
    """Wait until ovice has the answers, from which it reckons when to try again."""
    end = time.monotonic() + 5
    while sum(attempt["status"] is not None for attempt in ovice.events()) < count:
        assert time.monotonic() < end, ovice.events()
        time.sleep(0.02)


def test_an_event_is_signed_with_every_secret(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.settings(event_secrets=[NEW, OLD])
    send(ovice, place, "会議室Bに来られますか？")
    [request] = relay.received
    signatures = request.headers["webhook-signature"].split()
    assert signatures == [expected_signature(NEW, request), expected_signature(OLD, request)]
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 5
    assert request.path == "/v1/ovice/events"
    assert request.headers["content-type"] == "application/json"


def test_a_refused_event_is_tried_again_on_the_schedule_under_the_same_id(
    sandbox: Sandbox, ovice: Ovice, place: Place, relay: Receiver
) -> None:
    relay.answers.extend([OVERLOADED, OVERLOADED])
    sent = send(ovice, place)
    assert (sent["status"], sent["state"]) == (503, "retrying")
    sandbox.advance(5.6)
    wait_for_answers(ovice, 2)
    sandbox.advance(300 * 1.1)
    first, second, third = relay.wait_for(3)
    assert first.body == second.body == third.body
    assert {r.headers["webhook-id"] for r in relay.received} == {sent["event_id"]}


def test_a_retry_does_not_come_before_its_time(
    sandbox: Sandbox, ovice: Ovice, place: Place, relay: Receiver
) -> None:
    relay.answers.append(OVERLOADED)
    send(ovice, place)
    sandbox.advance(4)
    time.sleep(0.1)
    assert len(relay.received) == 1


def test_each_attempt_is_stamped_anew(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.settings(retry_scale=0.22, event_secrets=[NEW])
    relay.answers.append(OVERLOADED)
    send(ovice, place)
    first, second = relay.wait_for(2)
    stamps = [int(request.headers["webhook-timestamp"]) for request in (first, second)]
    assert stamps[1] > stamps[0]
    assert second.headers["webhook-signature"] == expected_signature(NEW, second)


def test_retry_after_is_waited_for(
    sandbox: Sandbox, ovice: Ovice, place: Place, relay: Receiver
) -> None:
    relay.answers.append(Answer(429, {}, {"Retry-After": "120"}))
    send(ovice, place)
    [attempt] = ovice.events()
    assert attempt["next_attempt_at"] - attempt["sent_at"] == pytest.approx(120, abs=1)
    sandbox.advance(121)
    assert len(relay.wait_for(2)) == 2


def test_410_stops_everything_until_it_is_enabled_again(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    relay.answers.append(Answer(410))
    assert send(ovice, place)["state"] == "endpoint_disabled"
    assert send(ovice, place)["status"] is None
    assert len(relay.received) == 1
    ovice.settings(endpoint_enabled=True)
    assert send(ovice, place)["status"] == 202


def test_a_redirect_is_not_followed(ovice: Ovice, place: Place, relay: Receiver) -> None:
    relay.answers.append(Answer(307, {}, {"Location": "/elsewhere"}))
    assert (send(ovice, place)["status"], len(relay.received)) == (307, 1)


def test_after_ten_attempts_it_gives_up(
    sandbox: Sandbox, ovice: Ovice, place: Place, relay: Receiver
) -> None:
    ovice.settings(retry_scale=0)
    relay.answers.extend([Answer(500)] * 11)
    send(ovice, place)
    relay.wait_for(10)
    time.sleep(0.05)
    assert [a["attempt"] for a in ovice.events()] == list(range(1, 11))
    assert ovice.events()[-1]["state"] == "given_up"


def test_a_relay_that_is_down_is_noted_without_an_answer(
    sandbox: Sandbox, ovice: Ovice, place: Place
) -> None:
    sandbox.relay("http://127.0.0.1:9")
    sent = send(ovice, place)
    assert (sent["status"], sent["state"]) == (None, "retrying")
    assert sent["error"] == "ClientConnectorError"


def test_the_log_tells_each_answer_with_its_time(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    relay.answers.append(Answer(202, {"status": "skipped", "reason": "not_linked"}))
    sent = send(ovice, place)
    [attempt] = ovice.events()
    assert attempt["answer"] == {"status": "skipped", "reason": "not_linked"}
    assert attempt["message_id"] == sent["message_id"]
    assert 0 < attempt["milliseconds"] < 5000
    assert ovice.events(after=attempt["number"]) == []


def test_the_same_event_can_be_posted_many_times_at_once(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    sent = send(ovice, place)
    answers = ovice.resend(sent["event_id"], times=20, how="at_once")
    assert [answer["status"] for answer in answers] == [202] * 20
    assert len({request.body for request in relay.received}) == 1


def test_a_reset_ends_what_was_to_be_tried_again(
    sandbox: Sandbox, ovice: Ovice, place: Place, relay: Receiver
) -> None:
    relay.answers.append(OVERLOADED)
    send(ovice, place)
    sandbox.reset()
    sandbox.advance(6)
    time.sleep(0.1)
    assert len(relay.received) == 1
