from datetime import timedelta

import pytest
from celery import current_app
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from integrations.models import Installation, InstallationState
from messaging.models import Delivery, DeliveryState, Lane
from messaging.wakeups import LOST_AFTER, sweep, wake
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
