"""Every waiting delivery has a reason that the self-checks know, or is found."""

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from accounts.models import Link
from integrations.models import Installation, Organization
from messaging.models import Attempt, Delivery, DeliveryState, Outage
from messaging.models.incident_kinds import Kind
from messaging.monitoring import waiting
from tests.factories import make_delivery, make_link

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def found() -> list[Kind]:
    return [finding.kind for finding in waiting.find(now())]


def late(link: Link | None = None, **fields) -> Delivery:
    return make_delivery(link, **{"due_at": now() - 6 * MINUTE, **fields})


def call(delivery: Delivery) -> None:
    Attempt.objects.create(
        organization=delivery.organization,
        delivery=delivery,
        outcome="not_sent",
        started_at=now(),
    )


def test_a_delivery_that_nobody_tries_to_send_is_stuck():
    delivery = late()
    finding = next(waiting.find(now()))
    assert (finding.kind, finding.installation_id, finding.facts) == (
        Kind.STUCK,
        delivery.installation_id,
        {"count": 1},
    )


def test_one_that_became_due_a_moment_ago_is_not():
    make_delivery()
    assert found() == []


def test_a_retry_that_is_due_later_keeps_back_the_younger_ones_of_its_recipient():
    link = make_link()
    make_delivery(link, sent_at=now() - HOUR, due_at=now() + HOUR)
    late(link)
    assert found() == []


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        (Installation, {"held_until": now() + HOUR}),
        (Installation, {"state": "attention"}),
        (Installation, {"state": "paused"}),
        (Organization, {"paused_at": now()}),
        (Organization, {"feature_enabled": False}),
        (Link, {"unresolved_at": now()}),
        (Delivery, {"due_at": now() + HOUR, "reason": "resting"}),
        (Delivery, {"state": "delivered"}),
    ],
    ids=[
        "held",
        "attention",
        "paused",
        "paused by owner",
        "off in ovice",
        "looked up",
        "rests",
        "arrived",
    ],
)
def test_a_delivery_with_a_reason_to_wait_is_not_found(rows, fields):
    late()
    rows.objects.update(**fields)
    assert found() == []


def test_while_its_target_is_down_and_a_moment_longer_nothing_is_late():
    late()
    outage = Outage.objects.create(target="workplace", began_at=now())
    assert found() == []
    outage.began_at, outage.over_at = None, now()
    outage.save()
    assert found() == []


def test_a_backlog_that_is_being_worked_off_is_neither_stuck_nor_soon_behind():
    first, second = late(link := make_link()), late(link)
    call(first)
    assert found() == []
    Delivery.objects.filter(pk=second.pk).update(due_at=now() - HOUR)
    assert found() == []
    Delivery.objects.filter(pk=first.pk).update(due_at=now() - HOUR)
    assert found() == [Kind.BEHIND]


def test_calls_in_one_lane_do_not_hide_another_that_stands_still(settings):
    first = make_link()
    busy, idle = late(first), late(make_link(first.installation))
    Delivery.objects.filter(pk=busy.pk).update(lane=1)
    Delivery.objects.filter(pk=idle.pk).update(lane=2)
    call(busy)
    assert found() == [Kind.STUCK]


def test_a_lane_whose_last_call_is_long_past_stands_still():
    delivery = late()
    call(delivery)
    assert found() == []
    with time_machine.travel(now() + 11 * MINUTE):
        assert found() == [Kind.STUCK]


def test_a_delivery_of_a_vanished_worker_is_found(settings):
    claimed_at = now() - settings.RELAY_LEASE - 6 * MINUTE
    make_delivery(state=DeliveryState.SENDING, claimed_at=claimed_at)
    assert found() == [Kind.STUCK]


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.UNCONFIRMED])
def test_a_delivery_that_should_have_expired_is_found_whatever_keeps_it_waiting(state):
    make_delivery(state=state, expires_at=now() - 16 * MINUTE)
    Installation.objects.update(state="attention")
    assert found() == [Kind.STUCK]


def test_an_unconfirmed_one_that_nobody_looks_into_is_found():
    late(state=DeliveryState.UNCONFIRMED)
    assert found() == [Kind.STUCK]


def test_links_that_nobody_looks_up_after_a_new_token_are_found():
    late()
    Link.objects.update(unresolved_at=now() - 2 * HOUR)
    assert found() == [Kind.LINKS_WAIT]
