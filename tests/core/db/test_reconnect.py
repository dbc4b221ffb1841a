"""A database that is away for a moment loses nothing that a call has proven."""

import pytest
from django.db import OperationalError, transaction
from django.utils.timezone import now

from core.db.reconnect import patiently
from messaging.delivery import claims
from messaging.delivery.lanes import take_lease
from messaging.delivery.results import settle
from messaging.delivery.settling import Call, settling_delivered
from messaging.models import Attempt, Delivery, DeliveryState, Lane
from tests.factories import make_delivery


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("core.db.reconnect.time.sleep", lambda _seconds: None)


@pytest.mark.django_db(transaction=True)
def test_a_write_that_fails_while_the_database_is_away_is_done_again():
    failures = [OperationalError(), OperationalError()]

    def job() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert patiently(job) == "done"


@pytest.mark.django_db(transaction=True)
def test_patience_ends_before_the_lease_does(settings):
    settings.RELAY_LEASE *= 0

    def job() -> None:
        raise OperationalError

    with pytest.raises(OperationalError):
        patiently(job)


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_repeated():
    calls = []

    def job() -> None:
        calls.append(1)
        raise OperationalError

    with pytest.raises(OperationalError), transaction.atomic():
        patiently(job)
    assert calls == [1]


@pytest.mark.django_db
def test_settling_twice_is_as_good_as_once():
    delivery = make_delivery(state=DeliveryState.SENDING, parts_sent=1)
    arrived = settling_delivered(delivery, Call(now(), now() - now()), "m1")
    delivery.shared = False
    settle(arrived)
    settle(arrived)
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    assert Attempt.objects.count() == 1


@pytest.mark.django_db
def test_a_claim_whose_answer_got_lost_may_be_made_again(monkeypatch):
    delivery = make_delivery()
    Lane.objects.create(installation=delivery.installation, number=delivery.lane)
    lease = take_lease(delivery.installation_id, delivery.lane)
    assert lease is not None
    (read,) = claims.read_ahead(lease)

    def twice(job):
        job()
        return job()

    monkeypatch.setattr(claims, "patiently", twice)
    assert claims.claim(read, lease)
