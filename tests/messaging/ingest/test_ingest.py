"""Rows that a message event leaves behind, seen through the view that ovice calls."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from accounts.models import Link, Member, Role
from integrations.models import Installation, InstallationState
from messaging.delivery.content import Content
from messaging.models import Delivery, DeliveryState, Message, ReceivedEvent
from tests.factories import (
    dm_event,
    event,
    make_delivery,
    make_installation,
    make_link,
    make_member,
    make_organization,
    post_event,
    rfc3339,
)
from tests.messaging.telling import skip_reason, tell

pytestmark = pytest.mark.django_db


def test_a_dm_becomes_a_message_and_one_delivery():
    link = make_link()
    answer = post_event(dm_event(link, id="msg-1"), event_id="evt_1")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    delivery = Delivery.objects.get()
    assert (delivery.link, delivery.state) == (link, DeliveryState.PENDING)
    assert delivery.message.ovice_id == "msg-1"
    assert ReceivedEvent.objects.get().outcome == "accepted"


def test_while_two_targets_run_side_by_side_each_gets_the_message_once():
    member = make_member(make_organization())
    sides = [make_installation(member.organization, target=name) for name in ("workplace", "next")]
    links = [make_link(side, member) for side in sides]
    for _ in range(2):
        post_event(dm_event(links[0], id="msg-1"), event_id="evt_1")
    assert Message.objects.count() == 1
    carried = Delivery.objects.values_list("installation__target", "link")
    assert sorted(carried) == sorted((link.installation.target, link.pk) for link in links)


def test_the_text_is_stored_encrypted_only():
    post_event(dm_event(text="Canary in a coal mine"))
    message = Message.objects.get()
    assert b"Canary" not in bytes(message.content_sealed or b"")
    assert Content.from_json(message.content or "").text == "Canary in a coal mine"


def test_the_same_event_again_changes_nothing():
    document = dm_event()
    post_event(document, event_id="evt_1")
    answer = post_event(document, event_id="evt_1")
    assert (answer.status_code, answer.json()) == (202, {"status": "duplicate"})
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 1)


def test_the_same_id_with_another_body_keeps_the_first():
    link = make_link()
    post_event(dm_event(link, id="msg-1", text="first"), event_id="evt_1")
    answer = post_event(dm_event(link, id="msg-2", text="second"), event_id="evt_1")
    assert answer.json() == {"status": "duplicate"}
    assert Content.from_json(Message.objects.get().content or "").text == "first"


def test_the_same_message_under_another_event_id_is_one_message():
    link = make_link()
    post_event(dm_event(link, id="msg-1"), event_id="evt_1")
    answer = post_event(dm_event(link, id="msg-1"), event_id="evt_2")
    assert answer.json() == {"status": "duplicate"}
    assert Delivery.objects.count() == 1
    assert post_event(dm_event(link, id="msg-1"), event_id="evt_2").json() == {
        "status": "duplicate"
    }


def test_an_unknown_organization_leaves_nothing_but_the_event_id():
    document = dm_event()
    document["data"]["organization"]["id"] = "never heard of".replace(" ", "-")
    assert skip_reason(document) == "org_not_connected"
    assert Message.objects.count() == 0
    assert ReceivedEvent.objects.get().outcome == "org_not_connected"


def test_a_skipped_message_is_kept_without_its_text():
    link = make_link()
    Link.objects.update(removed_at=now())
    assert skip_reason(dm_event(link)) == "not_linked"
    message = Message.objects.get()
    assert (message.skipped_reason, message.content) == ("not_linked", None)
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VISITOR, Role.GUEST])
def test_a_recipient_who_is_no_organization_user_gets_nothing(role):
    link = make_link()
    Member.objects.update(role=role)
    assert skip_reason(dm_event(link)) == "recipient_not_member"


def test_a_recipient_who_left_gets_nothing():
    link = make_link()
    Member.objects.update(removed_at=now())
    assert skip_reason(dm_event(link)) == "recipient_not_member"


def test_an_organization_without_a_connection_is_not_connected():
    link = make_link()
    Installation.objects.update(state=InstallationState.REMOVED)
    assert skip_reason(dm_event(link)) == "org_not_connected"


def test_a_paused_connection_relays_nothing():
    link = make_link()
    Installation.objects.update(state=InstallationState.PAUSED)
    assert skip_reason(dm_event(link)) == "org_paused"


def test_a_disabled_organization_relays_nothing():
    link = make_link()
    post_event(
        event(
            "organization.updated",
            link.organization.ovice_id,
            organization={"id": link.organization.ovice_id, "feature_enabled": False},
        )
    )
    assert skip_reason(dm_event(link)) == "org_paused"
    assert Link.objects.active().count() == 1


def test_messages_wait_while_a_connection_needs_attention():
    link = make_link()
    Installation.objects.update(state=InstallationState.ATTENTION)
    assert post_event(dm_event(link)).json() == {"status": "accepted"}


def test_a_link_in_another_organization_does_not_count():
    link = make_link(member=make_member(make_organization(), "223344"), installation=None)
    stranger = make_link(make_installation(), None)
    document = dm_event(stranger)
    document["data"]["recipients"][0]["id"] = link.member.ovice_id
    assert skip_reason(document) == "recipient_not_member"


def test_an_attachment_alone_is_worth_a_notice():
    answer = post_event(dm_event(text="", attachments=[{"kind": "image", "name": "plan.png"}]))
    assert answer.json() == {"status": "accepted"}
    assert Content.from_json(Message.objects.get().content or "").attachments == 1


@pytest.mark.parametrize("text", ["\u3164", "\u2800\n", "\ufe0f\u034f", "\u2028\u200b"])
def test_a_text_that_shows_nothing_is_empty(text):
    assert skip_reason(dm_event(text=text)) == "empty"


def test_markup_that_is_none_of_html_is_no_reason_to_refuse():
    text = "hi <![FOO[x]]> there"
    assert post_event(dm_event(text=text, text_format="html")).json() == {"status": "accepted"}
    assert Content.from_json(Message.objects.get().content or "").text == "hi  there"


def test_html_that_shows_nothing_is_empty():
    assert skip_reason(dm_event(text="<img src='x'>", text_format="html")) == "empty"


def test_a_message_from_the_future_is_ordered_as_now():
    post_event(dm_event(sent_at=rfc3339(now() + timedelta(days=3))))
    assert Delivery.objects.get().sent_at <= now()


@pytest.mark.parametrize("kind", ["connector.ping", "room.painted"])
def test_an_event_we_do_not_work_on_is_answered_204(kind):
    answer = post_event(event(kind, "4821", message={"id": "msg-1"}, note="hello"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert ReceivedEvent.objects.count() == 0


def test_a_deletion_cancels_what_is_not_yet_sent():
    delivery = make_delivery()
    document = event(
        "message.direct.deleted",
        delivery.organization.ovice_id,
        message={"id": delivery.message.ovice_id},
    )
    assert post_event(document).json() == {"status": "applied"}
    delivery.refresh_from_db()
    delivery.message.refresh_from_db()
    assert (delivery.state, delivery.reason) == (DeliveryState.CANCELLED, "deleted")
    assert delivery.message.content is None


def test_a_deletion_in_another_organization_cancels_nothing():
    delivery = make_delivery()
    document = event(
        "message.direct.deleted",
        make_organization().ovice_id,
        message={"id": delivery.message.ovice_id},
    )
    post_event(document)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.PENDING


def test_a_deleted_message_that_comes_in_late_is_not_sent():
    link = make_link()
    tell("message.direct.deleted", link.organization.ovice_id, message={"id": "msg-1"})
    assert skip_reason(dm_event(link, id="msg-1")) == "deleted"
    assert Delivery.objects.count() == 0


def test_one_message_id_for_two_recipients_is_two_messages():
    installation = make_installation()
    first, second = make_link(installation), make_link(installation)
    for link in (first, second):
        assert post_event(dm_event(link, id="msg-1")).json() == {"status": "accepted"}
    assert post_event(dm_event(first, id="msg-1")).json() == {"status": "duplicate"}


def test_an_id_that_comes_again_with_another_body_is_noted_without_its_content(caplog):
    link = make_link()
    post_event(dm_event(link, text="first"), event_id="evt_1")
    post_event(dm_event(link, text="second"), event_id="evt_1")
    assert "event came again with another body" in caplog.text
    assert vars(caplog.records[0])["fields"]["event_id"] == "evt_1"
    assert "second" not in caplog.text


def test_a_mention_of_everybody_in_a_large_office_is_skipped_not_refused():
    document = dm_event()
    document["data"]["mention"]["scope"] = "all"
    document["data"]["recipients"] = [{"id": f"{n}", "type": "user"} for n in range(1_500)]
    assert skip_reason(document) == "group_mention"


def test_a_message_with_many_attachments_is_accepted():
    attachments = [{"kind": "image"}] * 101
    assert post_event(dm_event(attachments=attachments)).json() == {"status": "accepted"}


@pytest.mark.django_db(transaction=True)
def test_a_stored_message_is_accepted_although_waking_failed(monkeypatch):
    def lose_the_database(*_lane):
        raise OperationalError

    # By whichever way this database stores a single message.
    monkeypatch.setattr("messaging.ingest.accept.wake_all", lose_the_database)
    monkeypatch.setattr("messaging.ingest.store.wake", lose_the_database)
    answer = post_event(dm_event())
    assert (answer.status_code, Delivery.objects.count()) == (202, 1)
