"""Who has to rest, and for how long, so that others get the processor."""

from uuid import UUID

import pytest

from messaging.courtesy import LONGEST, SHARE, Courtesy

LARGE, *SMALL = (UUID(int=number) for number in range(1, 9))
# Of the processor for one DM, in seconds.
COST = 0.004


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def courtesy(clock) -> Courtesy:
    return Courtesy(clock)


def flood(courtesy: Courtesy, clock: Clock, seconds: float) -> float:
    """Let the large one send as much as it may; return its share of the processor."""
    used, until = 0.0, clock.now + seconds
    while clock.now < until:
        rest = courtesy.spend(LARGE, COST)
        used += COST
        clock.now += COST + rest
    return used / seconds


def test_alone_nobody_rests(courtesy, clock):
    assert flood(courtesy, clock, 5) == pytest.approx(1, rel=0.01)


def test_beside_others_that_want_little_a_flood_gets_its_share(courtesy, clock):
    for _ in range(5):
        assert courtesy.spend(SMALL[0], COST) == 0
        assert flood(courtesy, clock, 1) <= SHARE * 1.4


def test_equals_do_not_rest_however_busy_they_are(courtesy, clock):
    for _ in range(500):
        for tenant in (LARGE, *SMALL):
            assert courtesy.spend(tenant, COST) == 0
            clock.now += COST


def test_two_floods_beside_many_share_what_one_would_get(courtesy, clock):
    floods, rests, used = (LARGE, UUID(int=99)), [0.0, 0.0], 0.0
    began = clock.now
    while clock.now < began + 5:
        for small in SMALL:
            assert courtesy.spend(small, COST / 4) == 0
        now_resting = [courtesy.spend(flood, COST) for flood in floods]
        rests = [before + more for before, more in zip(rests, now_resting, strict=True)]
        used += 2 * COST
        clock.now += 2 * COST + max(now_resting)
    assert used / 5 <= SHARE * 1.2
    assert min(rests) > 1


def test_once_the_others_are_gone_it_goes_on_at_full_speed(courtesy, clock):
    courtesy.spend(SMALL[0], COST)
    flood(courtesy, clock, 1)
    clock.now += 10
    assert flood(courtesy, clock, 5) == pytest.approx(1, rel=0.01)


def test_a_small_tenant_never_rests_beside_a_flood(courtesy, clock):
    for _ in range(50):
        flood(courtesy, clock, 0.1)
        assert courtesy.spend(SMALL[0], COST) == 0


def test_no_rest_is_so_long_that_a_lease_could_end(courtesy):
    courtesy.spend(SMALL[0], COST)
    assert courtesy.spend(LARGE, 30.0) == LONGEST


def test_a_slow_target_costs_nobody_anything(courtesy, clock):
    courtesy.spend(SMALL[0], COST)
    for _ in range(50):
        clock.now += 0.1
        courtesy.spend(SMALL[0], COST / 10)
        assert courtesy.spend(LARGE, COST) == 0


