"""Leases and claims when several workers want the same thing at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils.timezone import now

from messaging.delivery.circuit_breaker import RAMP
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.lanes import Lease, hand_over, renew, take_lane, take_lease
from messaging.models import Delivery, Lane, Outage
from tests.factories import make_delivery, make_installation

WORKERS = 8


def at_once(job: Callable[[], object]) -> list[object]:
    """Run ``job`` in as many threads as there are workers, started together."""
    barrier = threading.Barrier(WORKERS)

    def run(_: int) -> object:
        connection.ensure_connection()
        barrier.wait()
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(run, range(WORKERS)))


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_lease():
    lane = Lane.objects.create(installation=make_installation(), number=0)
    leases = at_once(lambda: take_lease(lane.installation_id, 0))
    assert sum(lease is not None for lease in leases) == 1
    lane.refresh_from_db()
    assert lane.fence == 1


def next_claimed(lease: Lease) -> Delivery | None:
    """Claim the next delivery as a worker would."""
    ahead = read_ahead(lease)
    return ahead[0] if ahead and claim(ahead[0], lease) else None


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_claimed_once_even_if_all_believe_they_own_the_lane():
    delivery = make_delivery()
    Lane.objects.create(installation=delivery.installation, number=delivery.lane)
    lease = take_lease(delivery.installation_id, delivery.lane)
    assert lease is not None
    claims = at_once(lambda: next_claimed(lease))
    assert [found for found in claims if found] == [delivery]


@pytest.mark.django_db
def test_a_worker_that_slept_through_its_lease_claims_nothing():
    delivery = make_delivery()
    Lane.objects.create(installation=delivery.installation, number=delivery.lane)
    slept = take_lease(delivery.installation_id, delivery.lane)
    assert slept is not None
    (read,) = read_ahead(slept)
    Lane.objects.update(leased_until=now() - timedelta(seconds=1))
    successor = take_lease(delivery.installation_id, delivery.lane)
    assert successor is not None
    assert (claim(read, slept), read_ahead(slept)) == (False, [])
    assert next_claimed(successor) == delivery


@pytest.mark.django_db
def test_a_worker_that_lost_its_lane_cannot_give_it_back():
    lane = Lane.objects.create(installation=make_installation(), number=0)
    slept = take_lease(lane.installation_id, 0)
    Lane.objects.update(leased_until=now() - timedelta(seconds=1))
    take_lease(lane.installation_id, 0)
    assert slept is not None
    assert not hand_over(slept)
    assert not renew(slept)
    lane.refresh_from_db()
    assert lane.leased_until is not None


@pytest.mark.django_db
def test_a_lane_that_does_not_exist_is_nobodys():
    assert take_lease(make_installation().pk, 0) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "renewed"), [(10, False), (16, True)])
def test_a_lease_is_renewed_once_a_quarter_of_it_is_over(age, renewed):
    lane = Lane.objects.create(installation=make_installation(), number=0)
    lease = take_lease(lane.installation_id, 0)
    assert lease is not None
    lease._kept_at -= age
    lane.refresh_from_db()
    before = lane.leased_until
    assert lease.keep()
    lane.refresh_from_db()
    assert (lane.leased_until != before) == renewed


@pytest.mark.django_db
def test_with_a_lane_comes_the_installation_as_it_is_now():
    installation = make_installation()
    Lane.objects.create(installation=installation, number=0, woken_at=now())
    installation.organization.copy_shows = "notice"
    installation.organization.save()
    taken = take_lane(installation.pk, 0)
    assert taken is not None
    assert (taken.lease.fence, taken.lease.number) == (1, 0)
    assert taken.installation == installation
    assert taken.installation.organization.copy_shows == "notice"
    assert renew(taken.lease)
    assert Lane.objects.get().woken_at is None


@pytest.mark.django_db
def test_a_lane_that_is_not_there_or_is_leased_is_not_taken():
    lane = Lane.objects.create(installation=make_installation(), number=0)
    assert take_lane(lane.installation_id, 1) is None
    assert take_lane(lane.installation_id, 0) is not None
    assert take_lane(lane.installation_id, 0) is None
    lane.refresh_from_db()
    assert lane.fence == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outage", "troubled"),
    [
        ({"target": "other", "failures": 3}, False),
        ({"target": "workplace"}, False),
        ({"target": "workplace", "failures": 1}, True),
        ({"target": "workplace", "began_at": timedelta()}, True),
        ({"target": "workplace", "over_at": timedelta()}, True),
        ({"target": "workplace", "over_at": -2 * RAMP}, False),
    ],
)
def test_the_taker_of_a_lane_knows_whether_its_target_is_in_trouble(outage, troubled):
    lane = Lane.objects.create(installation=make_installation(), number=0)
    moments = {name: now() + value for name, value in outage.items() if name.endswith("_at")}
    Outage.objects.create(**{**outage, **moments})
    taken = take_lane(lane.installation_id, 0)
    assert taken is not None
    assert taken.troubled is troubled


@pytest.mark.django_db
def test_a_worker_that_fails_to_read_what_belongs_to_a_lane_has_not_taken_it(monkeypatch):
    lane = Lane.objects.create(installation=make_installation(), number=0, woken_at=now())

    def fail(*_args: object, **_options: object) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr("messaging.delivery.lanes.PreparedModels.fetch", fail)
        with pytest.raises(OperationalError):
            take_lane(lane.installation_id, 0)
    assert take_lane(lane.installation_id, 0) is not None
