import pytest

from tests.plugins.ovice import Ovice
from tests.sandbox.ovice.conftest import Place
from tests.sandbox.ovice.receiver import Receiver


def test_a_direct_message_carries_every_field(ovice: Ovice, place: Place, relay: Receiver) -> None:
    picture = {"kind": "image", "name": "plan.png", "mime_type": "image/png", "size": 48211}
    sent = ovice.dm(
        place.space,
        place.taro,
        place.hanako,
        "Can you join room B?",
        organization=place.organization,
        attachments=[picture],
        sent_at="2025-03-04T01:23:45.100Z",
    )
    [data] = relay.events("message.direct.created")
    assert data == {
        "event_id": sent["event_id"],
        "organization": {"id": "4821"},
        "space": {
            "id": "987",
            "name": "Tokyo HQ",
            "domain": "tokyo-hq",
            "url": "https://app.ovice.com/ws/tokyo-hq",
        },
        "message": {
            "id": sent["message_id"],
            "text": "Can you join room B?",
            "text_format": "plain",
            "sent_at": "2025-03-04T01:23:45.100Z",
            "deep_link": "https://app.ovice.com/ws/tokyo-hq",
            "attachments": [picture],
        },
        "mention": {"scope": "user", "handles": ["@Hanako"]},
        "sender": {"id": place.taro, "name": "Taro", "role": "owner", "email": "taro@example.com"},
        "recipients": [{"id": place.hanako, "type": "user", "role": "member", "name": "Hanako"}],
    }


def test_a_visitor_without_an_address_can_write(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    visitor = ovice.person(place.organization, "Vera", None, role="visitor")
    ovice.dm(place.space, visitor, place.hanako, "hello")
    [data] = relay.events("message.direct.created")
    assert data["sender"] == {"id": visitor, "name": "Vera", "role": "visitor"}


@pytest.mark.parametrize("text", ["😀" * 4000, "<b>x</b>", "\x00", "\ud800", "עברית", '"\\\n'])
def test_any_text_arrives_as_it_was_written(
    ovice: Ovice, place: Place, relay: Receiver, text: str
) -> None:
    assert ovice.dm(place.space, place.taro, place.hanako, text)["status"] == 202
    assert relay.events("message.direct.created")[0]["message"]["text"] == text


def test_a_typed_mention_of_one_person_goes_to_the_relay(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    said = ovice.chat(place.space, place.taro, "@Hanako 会議室Bに来られますか？")
    assert (said["scope"], said["status"], said["recipients"]) == ("user", 202, [place.hanako])
    [data] = relay.events("message.direct.created")
    assert data["message"]["text"] == "@Hanako 会議室Bに来られますか？"


@pytest.mark.parametrize(
    "text", ["to all", "@all hi", "@here hi", "@Hanako @Ada Example", "@member hi", "@Taro me"]
)
def test_a_message_that_is_no_direct_one_stays_in_ovice(
    ovice: Ovice, place: Place, relay: Receiver, text: str
) -> None:
    assert ovice.chat(place.space, place.taro, text)["event_id"] is None
    assert relay.received == []


def test_without_the_filter_ovice_sends_every_message_with_its_scope(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    ovice.settings(filter_at_source=False)
    for text in ("to all", "@all hi", "@Hanako @Ada Example hi"):
        ovice.chat(place.space, place.taro, text)
    sent = relay.events("message.direct.created")
    assert [data["mention"]["scope"] for data in sent] == ["none", "all", "users"]


def test_a_person_who_may_not_write_to_one_speaks_in_public(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    visitor = ovice.person(place.organization, "Vera", None, role="visitor")
    ovice.change_space(place.organization, place.space, dm_feature="members", announce=False)
    assert ovice.chat(place.space, visitor, "@Hanako hi")["scope"] == "none"
    assert ovice.chat(place.space, place.taro, "@Hanako hi")["scope"] == "user"
    assert len(relay.received) == 1


def test_a_message_to_several_can_be_forced_out(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    body = {"space": place.space, "sender": place.taro, "text": "hi", "scope": "group"}
    ovice.control("POST", "dm", {**body, "recipients": [place.hanako, place.ada]})
    [data] = relay.events("message.direct.created")
    assert data["mention"]["scope"] == "group"
    assert [person["id"] for person in data["recipients"]] == [place.hanako, place.ada]


def test_an_edit_and_a_deletion_name_the_message(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    message = ovice.dm(place.space, place.taro, place.hanako, "hi")["message_id"]
    ovice.control("PATCH", f"spaces/{place.space}/messages/{message}", {"text": "hello"})
    ovice.delete_message(place.space, message)
    for event_type in ("message.direct.updated", "message.direct.deleted"):
        assert relay.events(event_type)[0]["message"] == {"id": message}


def test_raw_sends_what_no_event_would_be(ovice: Ovice, place: Place, relay: Receiver) -> None:
    answer = ovice.raw(body='{"type": ', headers={"X-Extra": "1"}, sign=False)
    [request] = relay.received
    assert (answer["status"], request.body, request.headers["x-extra"]) == (202, b'{"type": ', "1")
    assert "webhook-signature" not in request.headers
    ovice.raw(body_base64="/w==", path="/v1/ovice/events/batch", event_id="evt_1")
    assert relay.received[1].body == b"\xff"
    assert relay.received[1].path == "/v1/ovice/events/batch"
    assert relay.received[1].headers["webhook-id"] == "evt_1"


def test_raw_signs_stale_or_wrong_on_request(ovice: Ovice, relay: Receiver) -> None:
    body = {"type": "connector.ping"}
    for how in (True, "stale", "wrong"):
        ovice.raw(body=body, sign=how, event_id="evt_1")
    right, stale, wrong = (request.headers for request in relay.received)
    age = int(right["webhook-timestamp"]) - int(stale["webhook-timestamp"])
    assert 3599 <= age <= 3601
    assert right["webhook-signature"] != wrong["webhook-signature"]
