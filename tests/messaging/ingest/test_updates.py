"""A sender who changes a message changes the copy, as long as it has not been sent."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from integrations.targets.errors import Unavailable
from messaging.delivery import send as sending
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.content import Content
from messaging.delivery.lanes import take_lease
from messaging.models import Attempt, Delivery, DeliveryState, Lane, Message, Outcome
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state
from tests.messaging.telling import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def edit(delivery: Delivery, text: str, at=None, **more) -> None:
    message = {"id": delivery.message.ovice_id, "text": text, **more}
    tell("message.direct.updated", delivery.organization.ovice_id, at, message=message)


def text_of(delivery: Delivery) -> str:
    return Content.from_json(Message.objects.get(pk=delivery.message_id).content or "").text


def test_the_copy_carries_the_new_text(office):
    delivery = make_delivery(office.join("Hanako"))
    edit(delivery, "<b>Room C</b>, please", text_format="html")
    run(office)
    assert office.texts("Hanako")[0].endswith("\n\n│ Room C, please")


def test_of_edits_out_of_order_the_youngest_counts():
    delivery = make_delivery()
    edit(delivery, "second", now())
    edit(delivery, "first", now() - timedelta(seconds=5))
    assert text_of(delivery) == "second"


def test_a_text_that_was_read_ahead_is_not_sent_after_an_edit():
    delivery = make_delivery()
    Lane.objects.create(installation=delivery.installation, number=0)
    lease = take_lease(delivery.installation_id, 0)
    assert lease is not None
    (read,) = read_ahead(lease)
    edit(delivery, "Room C, please")
    assert not claim(read, lease)
    (read_again,) = read_ahead(lease)
    assert claim(read_again, lease)


@pytest.mark.parametrize(
    "fields",
    [
        {"parts_sent": 1},
        {"state": DeliveryState.SENDING},
        {"state": DeliveryState.UNCONFIRMED},
        {"parts_echoed": 1},
    ],
)
def test_a_delivery_that_has_left_at_least_in_part_is_not_changed(fields):
    delivery = make_delivery(**fields)
    edit(delivery, "late")
    assert text_of(delivery) == "Can you join room B?"


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.FAILED])
def test_a_delivery_that_may_have_left_in_an_earlier_try_is_not_changed(state):
    """An echo may still prove that its first part is there; then only the others are sent."""
    delivery = make_delivery(state=state)
    doubt = Attempt(delivery=delivery, outcome=Outcome.UNCONFIRMED)
    refused = Attempt(delivery=delivery, outcome=Outcome.NOT_SENT)
    for attempt in (doubt, refused):
        attempt.organization, attempt.started_at = delivery.organization, now()
        attempt.save()
    edit(delivery, "late")
    assert text_of(delivery) == "Can you join room B?"


def test_a_delivery_refused_for_certain_is_changed():
    delivery = make_delivery(tries=1)
    Attempt.objects.create(
        organization=delivery.organization,
        delivery=delivery,
        outcome=Outcome.NOT_SENT,
        started_at=now(),
    )
    edit(delivery, "in time")
    assert text_of(delivery) == "in time"


def test_no_two_halves_of_a_text_are_sent_when_it_is_edited_between_them(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"), "old " * 1_000)
    call_out, calls = sending._call_out, []

    def call_once(*args):
        calls.append(args)
        if len(calls) == 1:
            edit(delivery, "new " * 1_000)
        return call_out(*args) if len(calls) != 2 else Unavailable()

    monkeypatch.setattr(sending, "_call_out", call_once)
    run(office)
    make_due(delivery)
    run(office)
    assert len(office.texts("Hanako")) > 1
    assert not any("new" in text for text in office.texts("Hanako"))


def test_a_text_that_is_erased_stays_erased():
    delivery = make_delivery(state=DeliveryState.DELIVERED)
    Message.objects.update(content_sealed=None)
    edit(delivery, "late")
    assert Message.objects.get(pk=delivery.message_id).content_sealed is None


def test_a_message_edited_to_nothing_is_cancelled():
    delivery = make_delivery()
    edit(delivery, " \n ")
    assert state(delivery) == ("cancelled", "empty")
