"""The answers of ``POST /v1/ovice/events`` to what is not a proper event."""

import json
import time

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from messaging.models import Message, ReceivedEvent
from tests.factories import EVENTS, dm_event, event, make_link, post_event, sign

pytestmark = pytest.mark.django_db
UNAUTHORIZED = (401, {"error": "unauthorized"})
BODY = b'{"type":"connector.ping","timestamp":"2025-03-04T01:23:45Z","data":{}}'


def answer_to(body: bytes, headers: dict[str, str]) -> tuple[int, object]:
    answer = post_event(body, headers=headers)
    return answer.status_code, answer.json() if answer.content else None


def test_a_signed_event_is_worked_on():
    assert answer_to(BODY, sign(BODY, event_id="evt_1")) == (204, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-nothing": "here"},
        sign(BODY + b" ", event_id="evt_1"),
        sign(BODY, event_id="evt_1", timestamp=int(time.time()) - 301),
        sign(BODY, event_id="evt_1", timestamp=int(time.time()) + 3_000),
        sign(BODY, event_id="evt_1", secret="whsec_" + "QUFB" * 8),
        {**sign(BODY, event_id="evt_1"), "webhook-id": "evt_2"},
    ],
    ids=["unsigned", "other body", "stale", "early", "other secret", "other id"],
)
def test_every_refusal_of_a_signature_looks_the_same(headers):
    assert answer_to(BODY, headers) == UNAUTHORIZED


def test_without_secrets_nothing_is_accepted(settings):
    headers = sign(BODY, event_id="evt_1")
    settings.OVICE_EVENT_SECRETS = []
    assert answer_to(BODY, headers) == UNAUTHORIZED


def test_an_unsigned_dm_changes_nothing():
    body = json.dumps(dm_event()).encode()
    assert answer_to(body, {"x-nothing": "here"}) == UNAUTHORIZED
    assert (Message.objects.count(), ReceivedEvent.objects.count()) == (0, 0)


def test_an_event_stays_good_after_a_wrong_signature():
    body = json.dumps(dm_event()).encode()
    answer_to(body, sign(b"", event_id="evt_1"))
    assert answer_to(body, sign(body, event_id="evt_1")) == (202, {"status": "accepted"})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 60_000])
def test_a_signed_body_that_is_no_event_is_malformed(body):
    status, _ = answer_to(body, sign(body, event_id="evt_1"))
    assert status == 400


def test_a_malformed_event_is_told_where_and_not_remembered():
    document = dm_event()
    document["data"]["message"]["sent_at"] = "yesterday"
    answer = post_event(document, event_id="evt_1")
    assert answer.status_code == 400
    assert "$.message.sent_at" in answer.json()["error"]
    assert ReceivedEvent.objects.count() == 0


def test_a_body_of_exactly_64_kilobytes_is_read_and_one_byte_more_is_not():
    padding = settings.EVENT_BODY_LIMIT - len(BODY)
    body = BODY + b" " * padding
    assert answer_to(body, sign(body, event_id="evt_1"))[0] == 204
    body += b" "
    assert answer_to(body, sign(body, event_id="evt_2")) == (
        413,
        {"error": "larger than 65536 bytes"},
    )


def test_the_longest_text_in_the_widest_script_fits():
    document = dm_event(text="𠮟" * 8_000)
    body = json.dumps(document, ensure_ascii=False).encode()
    assert answer_to(body, sign(body, event_id="evt_1"))[0] == 202


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_post_is_understood(method):
    assert getattr(Client(), method)(EVENTS).status_code == 405


def test_a_database_that_is_away_asks_for_the_event_again(monkeypatch):
    def away(*_):
        raise OperationalError("could not connect")

    monkeypatch.setattr("messaging.api.views.ingest", away)
    answer = post_event(event("space.created", "4821", space={"id": "1"}))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json() == {"error": "temporarily unavailable"}


def test_nothing_of_a_refused_request_is_logged(caplog):
    document = dm_event(text="canary text", sent_at="canary time")
    post_event(document)
    post_event(b"canary body", headers=sign(b"", event_id="canary-id"))
    assert "canary" not in caplog.text


HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changed=st.dictionaries(
        st.sampled_from(HEADERS), st.text(st.characters(codec="latin-1")), min_size=1
    )
)
def test_any_change_to_the_headers_is_refused(changed):
    good = sign(BODY, event_id="evt_1")
    if any(value != good[name] for name, value in changed.items()):
        assert answer_to(BODY, good | changed) == UNAUTHORIZED


TEXTS = {
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd",
    "html": "<script>alert(1)</script>",
    "nul": "a\x00b",
    "lone surrogate": "a\ud800b",
    "sql": "'; drop table messaging_message; --",
    "combining": "Z̸̢̛͓͉̈́a̴" * 400,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("place", ["text", "sender", "space"])
def test_any_writing_is_accepted_wherever_people_write(text, place):
    document = dm_event(make_link())
    if place == "text":
        document["data"]["message"]["text"] = text
    else:
        document["data"][place]["name"] = text[:200]
    assert post_event(document).status_code == 202
    assert Message.objects.get().content is not None


def test_a_malformed_secret_beside_a_good_one_refuses_nothing(settings):
    settings.OVICE_EVENT_SECRETS = ["whsec_not base64!", *settings.OVICE_EVENT_SECRETS]
    headers = sign(BODY, event_id="evt_1", secret=settings.OVICE_EVENT_SECRETS[1])
    assert answer_to(BODY, headers) == (204, None)


def test_without_a_master_key_an_event_is_asked_for_again(settings):
    settings.ENCRYPTION_KEYS = []
    answer = post_event(event("organization.updated", "4821", organization={"id": "4821"}))
    assert answer.status_code == 503
