"""The wire to the target is cut at any byte: what was accepted comes twice, all else once."""

import itertools
import os
import random

import pytest
from django.test import override_settings

from tests.factories import make_delivery
from tests.faults.cutting import cut_wire
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.faults, pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
SEED = int(os.environ.get("FAULTS_SEED", "1"))
# The long form cuts at each byte, the short one at some.
EVERY_BYTE = "FAULTS_SECONDS" in os.environ
SAMPLE = 12
numbers = itertools.count(1)


def places(length):
    every = range(length)
    chance = random.Random(SEED)
    return every if EVERY_BYTE else sorted({0, length - 1, *chance.sample(every, SAMPLE)})


@pytest.fixture
def hanako(office, settings):
    settings.RELAY_LANES = 1
    return office.join("Hanako")


def send_over_a_wire(office, link, **cut):
    """Send one DM, as long as any other, over a wire that may be cut; return wire, DM, text."""
    text = f"DM {next(numbers):05}"
    delivery = make_delivery(link, text=text)
    # Not by pytest's fixture, in which hundreds of changes would lie one upon the other.
    with (
        cut_wire(office.sandbox.graph_url, **cut) as wire,
        override_settings(WORKPLACE_GRAPH_URL=wire.url),
    ):
        run(office)
    return wire, delivery, text


def copies_after_a_cut(office, link, **cut):
    """Send one DM over a wire that is cut, then over a whole one; return how often it came."""
    _, delivery, text = send_over_a_wire(office, link, **cut)
    make_due(delivery)
    run(office)
    assert state(delivery)[0] == "delivered"
    return sum(text in shown for shown in office.texts("Hanako"))


def test_a_request_cut_at_any_byte_comes_once(office, hanako):
    whole, *_ = send_over_a_wire(office, hanako)
    cuts = places(whole.request)
    came = {n: copies_after_a_cut(office, hanako, request=n) for n in cuts}
    assert set(came.values()) == {1}, came


def test_an_answer_cut_at_any_byte_makes_it_come_twice(office, hanako):
    whole, *_ = send_over_a_wire(office, hanako)
    cuts = places(whole.answer)
    came = {n: copies_after_a_cut(office, hanako, answer=n) for n in cuts}
    assert set(came.values()) == {2}, came
