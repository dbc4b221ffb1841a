from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.delivery.retry import DELAYS, JITTER, delay_after, outage_delay

CHANCES = st.floats(0, 1)


def test_without_chance_the_delays_are_the_table():
    assert [delay_after(n, chance=0.5) for n in range(1, 8)] == list(DELAYS)


def test_the_last_delay_is_the_last():
    assert delay_after(len(DELAYS) + 1, chance=0.5) is None


@given(st.integers(1, len(DELAYS)), CHANCES)
def test_chance_moves_a_delay_by_a_fifth_at_most(tries, chance):
    delay = delay_after(tries, chance=chance)
    assert delay is not None
    assert abs(delay - DELAYS[tries - 1]) <= DELAYS[tries - 1] * JITTER + timedelta(microseconds=1)


@given(st.integers(1, 10_000), CHANCES)
def test_an_outage_is_asked_about_at_least_every_quarter_of_an_hour(calls, chance):
    assert timedelta(seconds=4) <= outage_delay(calls, chance=chance) <= timedelta(minutes=15)


@pytest.mark.parametrize("chance", [0, 1])
def test_delays_only_grow(chance):
    delays = [delay_after(n, chance=chance) for n in range(1, 8)]
    assert delays == sorted(delays, key=lambda delay: delay or timedelta())
