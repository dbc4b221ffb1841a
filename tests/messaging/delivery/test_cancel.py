from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link
from integrations.models import InstallationState
from integrations.removal.uninstall import remove_installation
from messaging.delivery.cancel import cancel, delete_message, expire_batch
from messaging.models import Delivery, DeliveryState, Message
from messaging.tasks import sweep
from tests.factories import make_delivery, make_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
LATE: dict[str, Any] = {"expires_at": now() - timedelta(seconds=1)}


def states() -> list[str]:
    return sorted(Delivery.objects.values_list("state", flat=True))


def contents() -> list[str | None]:
    return [message.content for message in Message.objects.all()]


def test_a_cancelled_message_is_forgotten():
    make_delivery()
    assert cancel(Delivery.objects.all(), reason="user") == 1
    assert (states(), contents()) == (["cancelled"], [None])


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.DELIVERED])
def test_a_delivery_being_sent_or_settled_is_not_cancelled(state):
    make_delivery(state=state)
    assert cancel(Delivery.objects.all(), reason="user") == 0
    assert states() == [state]


def test_a_message_that_another_delivery_waits_for_keeps_its_content():
    delivery = make_delivery()
    waiting = make_delivery()
    Delivery.objects.filter(pk=waiting.pk).update(message=delivery.message)
    cancel(Delivery.objects.filter(pk=delivery.pk), reason="user")
    delivery.message.refresh_from_db()
    assert delivery.message.content is not None


def test_a_delivery_that_is_too_old_expires_and_is_forgotten():
    make_delivery(**LATE)
    make_delivery()
    assert expire_batch() == 1
    assert states() == ["expired", "pending"]
    assert contents().count(None) == 1


def test_an_expired_delivery_of_a_held_installation_ends_too():
    delivery = make_delivery(**LATE)
    delivery.installation.held_until = now() + timedelta(days=1)
    delivery.installation.save()
    sweep()
    assert states() == ["expired"]


def test_unlinking_cancels_everything_that_waits_for_the_link():
    link = make_link()
    for _ in range(3):
        make_delivery(link)
    make_delivery()
    remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.USER)
    assert states() == ["cancelled"] * 3 + ["pending"]
    assert set(Delivery.objects.filter(link=link).values_list("reason", flat=True)) == {"user"}


def test_a_message_that_came_in_while_its_installation_was_removed_is_cancelled_soon():
    late = make_delivery()
    make_delivery()
    late.installation.state = InstallationState.REMOVED
    late.installation.save()
    sweep()
    assert states() == ["cancelled", "pending"]
    assert contents().count(None) == 1


def test_a_message_deleted_while_it_is_sent_is_not_tried_again():
    delivery = make_delivery(state=DeliveryState.SENDING)
    delete_message(delivery.organization, delivery.message.ovice_id, event_id="evt_1")
    assert (states(), contents()) == (["sending"], [None])


def test_a_removed_installation_leaves_no_link_and_no_queue():
    delivery = make_delivery()
    make_delivery()
    assert remove_installation(delivery.installation)
    assert not remove_installation(delivery.installation)
    assert states() == ["cancelled", "pending"]
    assert Link.objects.active().count() == 1
