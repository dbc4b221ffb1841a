"""A sender who changes a message changes the copy, as long as it has not been sent."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from messaging.claims import claim, read_ahead
from messaging.content import Content
from messaging.lanes import take_lease
from messaging.models import Delivery, DeliveryState, Lane, Message
from tests.factories import make_delivery
from tests.messaging.draining import run, state
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
    assert office.texts("Hanako")[0].endswith("\n\nRoom C, please")


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
    ],
)
def test_what_has_left_at_least_in_part_is_not_changed(fields):
    delivery = make_delivery(**fields)
    edit(delivery, "late")
    assert text_of(delivery) == "Can you join room B?"


def test_a_text_that_is_erased_stays_erased():
    delivery = make_delivery(state=DeliveryState.DELIVERED)
    Message.objects.update(content_sealed=None)
    edit(delivery, "late")
    assert Message.objects.get(pk=delivery.message_id).content_sealed is None


def test_what_is_edited_to_nothing_is_cancelled():
    delivery = make_delivery()
    edit(delivery, " \n ")
    assert state(delivery) == ("cancelled", "empty")
