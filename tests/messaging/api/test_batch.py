"""``POST /v1/ovice/events/batch``: many events under one signature, each with its own answer."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Member
from integrations.encryption.data_keys import forget_keys
from integrations.models import DataKey
from messaging.ingest import batches
from messaging.ingest.events import MalformedEventError
from messaging.ingest.parcel import unpack
from messaging.models import Delivery, Message, ReceivedEvent
from tests.factories import (
    dm_event,
    event,
    make_installation,
    make_link,
    number,
    post_batch,
    post_event,
    rfc3339,
    sign,
)

pytestmark = pytest.mark.django_db
ACCEPTED, DUPLICATE = {"status": "accepted"}, {"status": "duplicate"}


def named(document: dict, event_id: str = "") -> dict:
    """Return the event with its id inside, as one of a batch must have it."""
    document["data"]["event_id"] = event_id or f"evt-{number()}"
    return document


def answers(*documents: dict) -> list[dict]:
    """Send the events together; return the answers without their ids."""
    answer = post_batch(list(documents))
    assert answer.status_code == 202
    return [{k: v for k, v in result.items() if k != "id"} for result in answer.json()["results"]]


def test_each_event_gets_its_own_answer_in_request_order():
    link = make_link()
    documents = [
        named(dm_event(link), "evt_1"),
        {"type": "message.direct.created"},
        named(event("connector.ping", "4821"), "evt_3"),
        named(dm_event(link, text=""), "evt_4"),
        named(event("space.created", link.organization.ovice_id, space={"id": "1"}), "evt_5"),
    ]
    assert post_batch(documents).json()["results"] == [
        {"id": "evt_1", "status": "accepted"},
        {
            "id": None,
            "status": "refused",
            "reason": "Object missing required field `timestamp`",
        },
        {"id": "evt_3", "status": "ignored"},
        {"id": "evt_4", "status": "skipped", "reason": "empty"},
        {"id": "evt_5", "status": "applied"},
    ]


def test_a_batch_leaves_what_its_events_would_have_left_alone():
    link = make_link()
    answers(named(dm_event(link, id="msg-1"), "evt_1"))
    delivery = Delivery.objects.get()
    assert (delivery.link, delivery.message.ovice_id) == (link, "msg-1")
    assert delivery.message.content is not None
    assert ReceivedEvent.objects.get().outcome == "accepted"


def test_an_event_and_a_message_that_come_twice_in_a_batch_count_once():
    link = make_link()
    first = named(dm_event(link, id="msg-1"), "evt_1")
    again = named(dm_event(link, id="msg-1"), "evt_2")
    assert answers(first, first, again) == [ACCEPTED, DUPLICATE, DUPLICATE]
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 1)
    assert set(ReceivedEvent.objects.values_list("outcome", flat=True)) == {"accepted", "duplicate"}


def test_a_batch_that_comes_again_is_all_duplicates():
    link = make_link()
    documents = [named(dm_event(link)) for _ in range(3)]
    assert answers(*documents) == [ACCEPTED] * 3
    assert answers(*documents) == [DUPLICATE] * 3


def test_an_event_may_come_alone_and_in_a_batch(caplog):
    document = named(dm_event(), "evt_1")
    post_event(document, event_id="evt_1")
    assert answers(document) == [DUPLICATE]
    assert "another body" not in caplog.text


def test_one_id_with_two_bodies_keeps_the_first_and_is_noted(caplog):
    link = make_link()
    documents = [named(dm_event(link, text=text), "evt_1") for text in ("first", "second")]
    assert answers(*documents) == [ACCEPTED, DUPLICATE]
    assert "event came again with another body" in caplog.text
    assert vars(caplog.records[0])["fields"]["event_id"] == "evt_1"


def test_a_change_between_two_messages_counts_for_the_second():
    link = make_link()
    leave = event(
        "organization.member.removed",
        link.organization.ovice_id,
        member={"id": link.member.ovice_id},
    )
    leave["timestamp"] = rfc3339()
    assert answers(named(dm_event(link)), named(leave), named(dm_event(link))) == [
        ACCEPTED,
        {"status": "applied"},
        {"status": "skipped", "reason": "recipient_not_member"},
    ]
    assert Member.objects.get().removed_at is not None


def test_a_deleted_message_is_found_among_many():
    link = make_link()
    delete = event("message.direct.deleted", link.organization.ovice_id, message={"id": "msg-2"})
    messages = [named(dm_event(link, id=f"msg-{n}")) for n in (1, 2)]
    assert answers(named(delete), *messages)[1:] == [
        ACCEPTED,
        {"status": "skipped", "reason": "deleted"},
    ]


def test_two_organizations_in_one_batch_do_not_see_each_other():
    first, second = make_link(), make_link()
    stray = dm_event(first)
    stray["data"]["recipients"][0]["id"] = second.member.ovice_id
    stranger = dm_event(first)
    stranger["data"]["organization"]["id"] = "unheard-of"
    assert answers(*map(named, (dm_event(first), dm_event(second), stray, stranger))) == [
        ACCEPTED,
        ACCEPTED,
        {"status": "skipped", "reason": "recipient_not_member"},
        {"status": "skipped", "reason": "org_not_connected"},
    ]


def test_the_messages_of_one_recipient_keep_their_order(wakes):
    link, at = make_link(), rfc3339()
    answers(*(named(dm_event(link, id=f"msg-{n}", sent_at=at)) for n in range(40)))
    ordered = Delivery.objects.order_by("sent_at", "pk").values_list("message__ovice_id", flat=True)
    assert list(ordered) == [f"msg-{n}" for n in range(40)]


@pytest.mark.django_db(transaction=True)
def test_a_lane_is_woken_once_for_all_its_messages(wakes):
    link = make_link()
    answers(*(named(dm_event(link)) for _ in range(20)))
    assert len(wakes) == 1


def count_statements(messages: int) -> int:
    installation = make_installation()
    links = [make_link(installation) for _ in range(messages)]
    with CaptureQueriesContext(connection) as captured:
        assert answers(*(named(dm_event(link)) for link in links)) == [ACCEPTED] * messages
    return len(captured)


def test_twenty_messages_cost_as_many_statements_as_two():
    count_statements(1)
    assert count_statements(20) == count_statements(2)


def test_an_organization_whose_key_is_gone_keeps_nobody_else_out():
    dead, alive = make_link(), make_link()
    forget_keys()
    DataKey.objects.filter(organization=dead.organization).update(wrapped=None)
    assert answers(*map(named, (dm_event(dead), dm_event(alive)))) == [
        {"status": "refused", "reason": "temporarily unavailable"},
        ACCEPTED,
    ]
    assert Message.objects.get().organization == alive.organization


class Blind(batches._Known):
    """Has looked just before another request stored the same."""

    def __init__(self, messages) -> None:
        super().__init__(messages)
        self._received, self._messages = {}, set()


def test_a_message_stored_by_another_request_meanwhile_is_a_duplicate(monkeypatch):
    link = make_link()
    documents = [named(dm_event(link), f"evt_{n}") for n in range(3)]
    post_event(documents[1], event_id="evt_1")
    monkeypatch.setattr(batches, "_Known", Blind)
    assert answers(*documents) == [ACCEPTED, DUPLICATE, ACCEPTED]
    assert Message.objects.count() == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_batch_many_times_at_once_is_one_batch():
    links = [make_link() for _ in range(5)]
    documents = [named(dm_event(link)) for link in links for _ in range(4)]

    def send(order: int) -> list[str]:
        try:
            results = post_batch(documents[::order]).json()["results"]
            return [result["status"] for result in results]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = [status for sent in pool.map(send, [1, -1, 1, -1]) for status in sent]
    assert sorted(statuses) == ["accepted"] * 20 + ["duplicate"] * 60
    assert (Message.objects.count(), Delivery.objects.count()) == (20, 20)


def test_500_events_are_read_and_one_more_is_refused():
    ping = named(event("connector.ping", "4821"), "evt_1")
    assert answers(*[ping] * 500) == [{"status": "ignored"}] * 500
    answer = post_batch([ping] * 501)
    assert answer.status_code == 400
    assert answer.json() == {"error": "more than 500 events"}


def test_fields_beside_the_events_are_ignored():
    body = b' { "schema" : {"a":[1]} , "events" : [ ] , "more" : "\xff" } '
    assert post_batch(body).json() == {"results": []}


def test_a_broken_character_spoils_no_other_event():
    link = make_link()
    assert answers(*(named(dm_event(link, text=text)) for text in ("a\ud800b", "a\x00b"))) == [
        ACCEPTED,
        ACCEPTED,
    ]


def test_an_empty_batch_is_no_mistake():
    assert answers() == []


@pytest.mark.parametrize(
    ("limit", "status"), [(1024 * 1024, 202), (1024 * 1024 + 1, 413)], ids=["1 MiB", "one more"]
)
def test_a_batch_may_be_as_large_as_one_mebibyte(limit, status):
    body = b'{"events":[]}'
    assert post_batch(body + b" " * (limit - len(body))).status_code == status


def test_an_event_larger_than_one_alone_may_be_is_refused_alone():
    small = named(event("connector.ping", "4821"))
    large = named(event("connector.ping", "4821", note="x" * 65_536))
    assert answers(large, small) == [
        {"status": "refused", "reason": "larger than 65536 bytes"},
        {"status": "ignored"},
    ]


@pytest.mark.parametrize("event_id", [None, "", 7, "a.b", "a b", "x" * 65, "ü", "a\ud800"])
def test_an_event_needs_an_id_that_could_stand_in_the_header(event_id):
    document = event("connector.ping", "4821")
    document["data"]["event_id"] = event_id
    assert [answer["status"] for answer in answers(document)] == ["refused"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"events":{}}',
        b'{"events":',
        b'{"events":[' + b"[" * 60000,
        b'{"events":[]}x',
        b'{"events":[] "a":1}',
        b'{"events":[],"events":[]}',
        b"{}",
        b'{"events":[,]}',
    ],
)
def test_a_signed_body_that_is_no_batch_is_malformed(body):
    assert post_batch(body).status_code == 400


@pytest.mark.parametrize("one", [b"null", b"[]", b'"\xff"', b'{"a":1,"a":2}', b"NaN"])
def test_an_item_that_is_no_event_is_refused_alone(one):
    ping = json.dumps(named(event("connector.ping", "4821"))).encode()
    answer = post_batch(b'{"events":[%s,%s]}' % (ping, one))
    assert [result["status"] for result in answer.json()["results"]] == ["ignored", "refused"]


def test_an_unsigned_batch_changes_nothing():
    body = json.dumps({"events": [named(dm_event())]}).encode()
    stale = sign(body, event_id="batch_1", timestamp=int(time.time()) - 301)
    for headers in ({"x-nothing": "here"}, sign(body + b" ", event_id="batch_1"), stale):
        answer = post_batch(body, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    assert Message.objects.count() == 0


def test_a_database_that_is_away_asks_for_the_batch_again(monkeypatch):
    def away(*_):
        raise OperationalError("could not connect")

    monkeypatch.setattr("messaging.api.views.ingest_batch", away)
    answer = post_batch([named(event("connector.ping", "4821"))])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_nothing_of_a_batch_is_logged(caplog):
    post_batch([named(dm_event(text="canary", sent_at="canary"))])
    post_batch(b'{"events": "canary"}')
    assert "canary" not in caplog.text


GOOD = json.dumps(named(event("connector.ping", "4821"), "evt_1")).encode()
UNREADABLE = [
    b'{"a":' + b"9" * 5_000 + b"}",
    b"[" * 20_000 + b"]" * 20_000,
    b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    b'{"a":1,"a":2}',
    b'{"a":"\\ud800"}',
    b'{"a":"\xff"}',
    b'{"a":"\x01"}',
    b'{"a":"\\x"}',
    b'{"a":NaN}',
    b'{"a":01}',
    b'{"a":1,}',
    b"nonsense",
    b'"]}, {["',
]


@pytest.mark.parametrize("bad", UNREADABLE, ids=lambda body: repr(body[:16]))
def test_an_event_that_cannot_be_read_is_refused_and_no_other(bad):
    body = b'{"events": [' + b",".join([GOOD, bad, GOOD]) + b"]}"
    results = post_batch(body).json()["results"]
    assert [result["status"] for result in results] == ["ignored", "refused", "ignored"]


@given(
    st.lists(st.sampled_from([GOOD, *UNREADABLE]), max_size=8),
    st.sampled_from([b"", b" ", b"\n\t"]),
)
def test_each_event_of_a_batch_keeps_its_own_bytes(events, space):
    body = b'{"events":[' + (space + b"," + space).join(events) + space + b"]}"
    assert unpack(body) == events


@given(st.binary(max_size=40))
def test_any_bytes_are_a_batch_or_refused(inside):
    for body in (inside, b'{"events":[' + inside + b"]}", b'{"events":[]' + inside + b"}"):
        with suppress(MalformedEventError):
            assert all(isinstance(one, bytes) for one in unpack(body))


@pytest.mark.parametrize(
    "bit", [b'"', b'\\"', b"[", b"{", b'"a",', b"\\", b",", b"[]", b'{"events":['], ids=repr
)
def test_a_batch_is_taken_apart_in_a_time_that_grows_with_its_length(bit):
    def seconds(size: int) -> float:
        body = b'{"events":[' + bit * (size // len(bit))
        begun = time.process_time()
        with suppress(MalformedEventError):
            unpack(body)
        return time.process_time() - begun

    assert seconds(1024 * 1024) < 1
