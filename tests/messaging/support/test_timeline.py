"""A message's story leads on to what can be done about it."""

import pytest

from messaging.models import DeliveryState
from messaging.support.rows import facts_of
from messaging.support.timeline import tell_message
from tests.factories import make_delivery

pytestmark = pytest.mark.django_db
NOTHING_TO_DO = {
    DeliveryState.DELIVERED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
    DeliveryState.SENDING,
}


@pytest.mark.parametrize("state", DeliveryState)
def test_the_way_to_sending_once_more_is_shown_where_that_can_be_done(state):
    delivery = make_delivery(state=state)
    links = tell_message(facts_of(delivery.message)).links
    assert bool(links) is (state not in NOTHING_TO_DO)
    assert all(str(delivery.pk) in page for _title, page in links)
