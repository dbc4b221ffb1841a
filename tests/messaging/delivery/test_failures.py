"""Whether ovice hears of a message that did not arrive."""

import pytest
from django.utils.timezone import now

from integrations.models import Callback
from integrations.targets.errors import ContentRefused, Unavailable
from messaging.delivery.results import settle_failed
from messaging.delivery.settling import Call
from messaging.models import DeliveryState
from tests.factories import make_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ovice_listens(settings):
    settings.OVICE_CALLBACK_URL = "https://ovice.example/callback"
    settings.OVICE_CALLBACK_FAILURES = True


def fail(error=None) -> tuple[str, str]:
    """Let a delivery fail; return the ids of its message and its recipient."""
    delivery = make_delivery(state=DeliveryState.SENDING)
    settle_failed(delivery, Call(now(), None), error or ContentRefused(code="100"))
    return delivery.message.ovice_id, delivery.link.member.ovice_id


def test_a_delivery_that_is_given_up_is_told_by_ids_alone():
    message, member = fail()
    callback = Callback.objects.get()
    assert (callback.type, callback.data) == (
        "delivery.failed",
        {"message": {"id": message}, "member": {"id": member}, "reason": "content_refused"},
    )


def test_one_that_is_tried_again_is_not_told():
    fail(Unavailable())
    assert Callback.objects.count() == 0


def test_by_default_nothing_is_told(settings):
    settings.OVICE_CALLBACK_FAILURES = False
    fail()
    assert Callback.objects.count() == 0
