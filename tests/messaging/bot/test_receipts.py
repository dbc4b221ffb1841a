"""Echoes, arrivals and readings, as Workplace tells them."""

from threading import Thread

import pytest
from django.db import connections

from accounts.members.erasure import erase_member
from integrations.removal.purge import purge_ready
from messaging.models import DeliveryState
from messaging.models.bot import ReceivedUpdate
from tests.factories import make_delivery
from tests.messaging.bot.conftest import arrived, work_off
from tests.messaging.draining import run, state
from tests.plugins.receiver import wait_until


@pytest.fixture
def sent(hanako, settings):
    """Return a function that relays a DM to Hanako and takes in what Workplace tells."""
    settings.RELAY_LANES = 1
    link = hanako.office.installation.links.get()

    def relay(**fault):
        delivery = make_delivery(link)
        if fault:
            hanako.office.sandbox.fault(**fault)
        run(hanako.office)
        arrived(hanako.office)
        work_off(hanako.office)
        delivery.refresh_from_db()
        return delivery

    return relay


def test_a_dm_that_reached_the_person_says_when(sent):
    delivery = sent()
    assert delivery.reached_at is not None
    assert delivery.seen_at is None


def test_a_dm_that_was_read_says_when(sent, hanako):
    delivery = sent()
    hanako.office.sandbox.act(hanako.person, hanako.page, read=True)
    arrived(hanako.office)
    work_off(hanako.office)
    delivery.refresh_from_db()
    assert delivery.seen_at is not None
    assert delivery.seen_at >= delivery.settled_at


def test_a_message_after_a_reading_is_not_yet_seen(sent, hanako):
    sent()
    hanako.office.sandbox.act(hanako.person, hanako.page, read=True)
    assert sent().seen_at is None


def test_a_lost_answer_is_settled_by_the_echo_without_another_call(sent, hanako):
    delivery = sent(kind="cut_after", calls=1)
    assert (delivery.state, delivery.parts_echoed) == (DeliveryState.UNCONFIRMED, 1)
    run(hanako.office)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert len(hanako.from_bot()) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_echo_during_its_call_lets_what_is_behind_go_at_once(hanako, settings):
    settings.RELAY_LANES = 1
    link = hanako.office.installation.links.get()
    deliveries = [make_delivery(link, text) for text in ("First", "Second")]
    hanako.office.sandbox.fault("slow", calls=1, seconds=2, when="after")
    hanako.office.sandbox.fault("cut_after", calls=1)

    def hear() -> None:
        wait_until(ReceivedUpdate.objects.filter(kind="echoed").exists, "the first echo")
        work_off(hanako.office)
        connections.close_all()

    worker = Thread(target=hear)
    worker.start()
    run(hanako.office)
    worker.join()

    assert [state(each)[0] for each in deliveries] == [DeliveryState.DELIVERED] * 2
    assert len(hanako.from_bot()) == 2


def test_facts_cause_no_answer(sent, hanako):
    sent()
    hanako.office.sandbox.act(hanako.person, hanako.page, read=True)
    hanako.settle()
    assert len(hanako.from_bot()) == 1


def test_a_receipt_about_a_person_erased_meanwhile_is_not_kept(sent, hanako):
    sent()
    erase_member(hanako.office.installation.links.get().member)
    assert purge_ready(seconds=10) == 1
    hanako.office.sandbox.act(hanako.person, hanako.page, read=True)
    arrived(hanako.office)

    work_off(hanako.office)

    assert not ReceivedUpdate.objects.exists()
