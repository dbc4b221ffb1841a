"""When a benchmark may say that the CPU was full."""

import pytest

from bench.cpu import Machine
from bench.measures.relaying import is_full

BEFORE = "cpu  1000 0 200 5000 100 0 50 300 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
AFTER = "cpu  1100 10 230 5040 110 0 60 350 7 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n"


def test_time_that_was_wanted_and_not_given_makes_a_core_smaller():
    between = Machine.read(AFTER).since(Machine.read(BEFORE))
    assert (between.used, between.idle, between.stolen) == pytest.approx((1.5, 0.5, 0.5))
    assert between.of_a_core == pytest.approx(0.75)
    assert between.idle_share == pytest.approx(0.2)


def test_a_machine_that_does_nothing_gives_a_whole_core():
    idle = Machine.read(AFTER).since(Machine.read(AFTER))
    assert (idle.of_a_core, idle.idle_share) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("busy", "of_a_core", "idle_share", "cpu", "full"),
    [
        (0.91, 1.0, 0.3, 0.001, True),
        (0.89, 1.0, 0.3, 0.001, False),
        (0.61, 0.65, 0.3, 0.001, True),
        (0.55, 0.65, 0.3, 0.001, False),
        (0.30, 0.65, 0.04, 0.001, True),
        (0.30, 0.65, 0.06, 0.001, False),
        # 0.8 of 320 DMs/s at 4 ms each is more than a core has.
        (0.76, 1.0, 0.3, 0.004, True),
        (0.76, 1.0, 0.3, 0.0035, False),
    ],
)
def test_full_is_a_core_that_has_no_more_to_give_or_a_machine_with_nothing_left_over(
    busy, of_a_core, idle_share, cpu, full
):
    point = {"busy": busy, "of_a_core": of_a_core, "idle_share": idle_share}
    assert is_full({**point, "cpu": cpu, "allowed": 32}) is full
