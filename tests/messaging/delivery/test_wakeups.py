from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connections
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from integrations.models import Installation, InstallationState
from messaging.delivery.wakeups import LOST_AFTER, sweep, wake, wake_all
from messaging.models import Delivery, DeliveryState, Lane
from tests.factories import dm_event as make_dm
from tests.factories import make_delivery, make_installation, make_link, post_event

pytestmark = pytest.mark.django_db


def task(delivery: Delivery) -> tuple[str, int]:
    return str(delivery.installation_id), delivery.lane


def test_waking_a_lane_queues_one_task_however_often(wakes):
    installation = make_installation()
    assert [wake(installation.pk, 3) for _ in range(1_000)] == [True] + [False] * 999
    assert wakes == [(str(installation.pk), 3)]


def test_a_wake_up_that_nobody_took_up_is_repeated(wakes):
    installation = make_installation()
    wake(installation.pk, 0)
    Lane.objects.update(woken_at=now() - LOST_AFTER - timedelta(seconds=1))
    assert wake(installation.pk, 0)
    assert len(wakes) == 2


def test_many_lanes_are_woken_as_each_alone_would_be(wakes):
    first, second = make_installation(), make_installation()
    lanes = [(made.pk, number) for made in (first, second) for number in range(3)]
    leased, awake, *asleep = lanes
    until = now() + timedelta(minutes=1)
    Lane.objects.create(installation_id=leased[0], number=leased[1], leased_until=until)
    Lane.objects.create(installation_id=awake[0], number=awake[1], woken_at=now())
    assert wake_all(lanes) == len(asleep)
    assert sorted(wakes) == sorted((str(pk), number) for pk, number in asleep)
    assert Lane.objects.filter(woken_at=None).count() == 0
    assert Lane.objects.count() == len(lanes)
    assert wake_all(lanes) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("wakes")
def test_two_who_wake_the_same_lanes_in_other_orders_do_not_stand_in_each_others_way():
    lanes = [(make_installation().pk, number) for number in range(8) for _ in range(4)]
    wake_all(lanes)

    def wake_again(order: list) -> None:
        for _ in range(25):
            for installation_id, number in order[:8]:
                lane = Lane.objects.filter(installation_id=installation_id, number=number)
                lane.update(woken_at=None)
            wake_all(order)
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        orders = [lanes, lanes[::-1], lanes[::2], lanes[1::2][::-1]]
        for done in [pool.submit(wake_again, order) for order in orders]:
            done.result(timeout=60)


@pytest.mark.usefixtures("wakes")
def test_a_broker_that_is_away_is_no_error_and_not_asked_again_at_once(monkeypatch):
    asked = []

    def away(*_args, **_options):
        asked.append(now())
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", away)
    installation = make_installation()
    assert [wake(installation.pk, lane) for lane in range(8)] == [False] * 8
    assert len(asked) == 1


def test_an_accepted_dm_wakes_its_lane_after_the_commit(wakes, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        post_event(make_dm())
    assert wakes == []
    for callback in callbacks:
        callback()
    assert wakes == [task(Delivery.objects.get())]


def test_the_sweep_wakes_each_lane_with_something_due_once(wakes):
    link = make_link()
    deliveries = [make_delivery(link) for _ in range(3)]
    other = make_delivery()
    assert sweep(now()) == 2
    assert sorted(wakes) == sorted({task(deliveries[0]), task(other)})


@pytest.mark.parametrize(
    "fields",
    [
        {"due_at": now() + timedelta(days=1)},
        {"state": DeliveryState.DELIVERED},
        {"state": DeliveryState.SENDING, "claimed_at": now() + timedelta(hours=1)},
    ],
    ids=["not due", "settled", "being sent"],
)
def test_the_sweep_leaves_the_rest_asleep(wakes, fields):
    make_delivery(**fields)
    assert (sweep(now()), wakes) == (0, [])


def test_the_sweep_finds_what_a_vanished_worker_was_sending(wakes):
    claimed_at = now() - timedelta(minutes=2)
    delivery = make_delivery(state=DeliveryState.SENDING, claimed_at=claimed_at)
    assert (sweep(now()), wakes) == (1, [task(delivery)])


def test_the_sweep_finds_it_even_where_nothing_may_be_sent(wakes):
    make_delivery(state=DeliveryState.SENDING, claimed_at=now() - timedelta(minutes=2))
    Installation.objects.update(state=InstallationState.REMOVED)
    assert sweep(now()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"state": InstallationState.ATTENTION},
        {"state": InstallationState.PAUSED},
        {"state": InstallationState.REMOVED},
        {"held_until": now() + timedelta(days=1)},
    ],
    ids=lambda fields: str(next(iter(fields.values())))[:9],
)
def test_the_sweep_does_not_wake_an_installation_that_may_not_send(wakes, fields):
    make_delivery()
    Installation.objects.update(**fields)
    assert (sweep(now()), wakes) == (0, [])


def test_the_sweep_wakes_an_installation_whose_hold_is_over(wakes):
    make_delivery()
    Installation.objects.update(held_until=now() - timedelta(seconds=1))
    assert sweep(now()) == 1
