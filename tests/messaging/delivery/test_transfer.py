import pytest

from integrations.targets.errors import Unavailable
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.lanes import Lease, hand_over, take_lease
from messaging.delivery.results import settle_failed
from messaging.delivery.settling import Call
from messaging.delivery.transfer import move_queue
from messaging.delivery.wakeups import wake
from messaging.models import FACTS_LANE, Delivery, DeliveryState, Lane
from tests.factories import make_delivery, make_installation

pytestmark = pytest.mark.django_db


def take(lease: Lease) -> Delivery | None:
    ahead = read_ahead(lease)
    return ahead[0] if ahead and claim(ahead[0], lease) else None


@pytest.fixture
def moved(settings):
    """A delivery being sent by a worker while its installation gets a new generation."""
    settings.RELAY_LANES = 1
    delivery = make_delivery()
    previous = delivery.installation
    wake(previous.pk, 0)
    lease = take_lease(previous.pk, 0)
    assert lease is not None
    sending = take(lease)
    previous.state = "removed"
    previous.save()
    installation = make_installation(previous.organization)
    assert move_queue(previous, installation) == 1
    return lease, sending, installation


def test_nobody_takes_over_what_a_worker_is_still_sending(moved):
    _lease, _sending, installation = moved
    assert take_lease(installation.pk, 0) is None


def test_the_worker_can_settle_and_the_next_one_sends_again(moved):
    lease, sending, installation = moved
    settle_failed(sending, Call(sending.claimed_at, None), Unavailable())
    hand_over(lease)
    Delivery.objects.update(due_at=sending.sent_at)
    successor = take_lease(installation.pk, 0)
    assert successor is not None
    again = take(successor)
    assert again is not None
    assert (again.pk, again.state) == (sending.pk, DeliveryState.SENDING)


def test_a_delivery_of_a_vanished_worker_is_found(moved):
    _lease, sending, installation = moved
    Lane.objects.update(leased_until=None)
    successor = take_lease(installation.pk, 0)
    assert successor is not None
    assert [(d.pk, d.state) for d in read_ahead(successor)] == [(sending.pk, "sending")]


def test_a_worker_of_the_old_generation_finds_nothing_more(moved):
    lease, _sending, _installation = moved
    assert take(lease) is None


def test_a_delivery_read_ahead_is_not_sent_with_the_old_token():
    delivery = make_delivery()
    previous = delivery.installation
    wake(previous.pk, delivery.lane)
    lease = take_lease(previous.pk, delivery.lane)
    assert lease is not None
    (read,) = read_ahead(lease)
    previous.state = "removed"
    previous.save()
    move_queue(previous, make_installation(previous.organization))
    assert not claim(read, lease)


def test_a_worker_claims_nothing_that_moved_away_after_it_was_read(settings):
    settings.RELAY_LANES = 1
    delivery = make_delivery()
    previous = delivery.installation
    wake(previous.pk, 0)
    lease = take_lease(previous.pk, 0)
    assert lease is not None
    (read,) = read_ahead(lease)
    previous.state = "removed"
    previous.save()
    move_queue(previous, make_installation(previous.organization))
    assert not claim(read, lease)


def test_the_bot_of_each_generation_keeps_its_own_lanes():
    previous = make_installation(state="removed")
    installation = make_installation(previous.organization)
    for lane in ((previous.pk, 0), (previous.pk, FACTS_LANE), (installation.pk, FACTS_LANE)):
        wake(*lane)
    move_queue(previous, installation)
    lanes = Lane.objects.order_by("number").values_list("installation_id", "number")
    assert {*lanes} == {
        (previous.pk, FACTS_LANE),
        (installation.pk, 0),
        (installation.pk, FACTS_LANE),
    }
