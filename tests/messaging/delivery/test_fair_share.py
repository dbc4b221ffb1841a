"""Fair share of the processor: the tenants that have to rest, and for how long."""

from itertools import pairwise
from uuid import UUID

import pytest

from messaging.delivery.fair_share import FEW, LONGEST, MEMORY, SHARE, Courtesy

LARGE, SECOND, *SMALL = (UUID(int=number) for number in range(1, 9))
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


def visit(courtesy: Courtesy, tenant: UUID, taken: int = 1) -> float:
    """Let a worker carry ``taken`` DMs of a lane and leave it; return how long it rested."""
    rested = sum(courtesy.spend(tenant, COST) for _ in range(taken))
    courtesy.leave(tenant, taken)
    return rested


def flood(courtesy: Courtesy, clock: Clock, seconds: float, *others: UUID) -> float:
    """Let the large one send as much as it may, beside others; return its share of the core."""
    used, until, turn = 0.0, clock.now + seconds, clock.now
    while clock.now < until:
        if clock.now >= turn:
            turn += 0.1
            assert sum(visit(courtesy, other) for other in others) == 0
        rest = courtesy.spend(LARGE, COST)
        used += COST
        clock.now += COST + rest
    return used / seconds


def test_alone_nobody_rests(courtesy, clock):
    assert flood(courtesy, clock, 5) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("others", [SMALL[:1], SMALL])
def test_beside_others_that_want_little_a_flood_gets_its_share(courtesy, clock, others):
    flood(courtesy, clock, 2, *others)
    assert flood(courtesy, clock, 5, *others) == pytest.approx(SHARE, rel=0.1)


def test_a_short_burst_is_nothing_to_rest_for(courtesy, clock):
    clock.now += 10
    visit(courtesy, SMALL[0])
    assert visit(courtesy, LARGE, 20) == 0
    assert visit(courtesy, LARGE, 50) > 0


def test_equals_do_not_rest_however_much_waits_for_them(courtesy, clock):
    for turn in range(500):
        for tenant in (LARGE, SECOND, *SMALL):
            assert visit(courtesy, tenant, taken=1 + turn % (3 * FEW)) == 0
            clock.now += COST


def test_where_all_who_are_there_have_much_nobody_rests(courtesy, clock):
    """The others wait in the queue meanwhile, and their turn comes."""
    for first, second in ((LARGE, SECOND), *pairwise(SMALL)):
        for _ in range(200):
            assert courtesy.spend(first, COST) == courtesy.spend(second, COST) == 0
            clock.now += 2 * COST
        courtesy.leave(first, 200)
        courtesy.leave(second, 200)


def test_two_floods_share_what_one_would_get(courtesy, clock):
    used, began, turn = 0.0, clock.now, clock.now
    while clock.now < began + 20:
        if clock.now >= turn:
            turn += 0.1
            visit(courtesy, SMALL[0])
        rests = [courtesy.spend(tenant, COST) for tenant in (LARGE, SECOND)]
        used += 2 * COST
        clock.now += 2 * COST + max(rests)
    assert used / 20 == pytest.approx(SHARE, rel=0.25)


def test_once_the_others_are_gone_it_goes_on_at_full_speed(courtesy, clock):
    flood(courtesy, clock, 2, *SMALL)
    clock.now += 1.1 * MEMORY
    assert flood(courtesy, clock, 5) == pytest.approx(1, rel=0.01)


def test_a_tenant_with_a_backlog_no_longer_counts_as_modest(courtesy, clock):
    clock.now += 10
    visit(courtesy, SMALL[0])
    visit(courtesy, SMALL[0], taken=FEW + 1)
    assert visit(courtesy, LARGE, 500) == 0


def test_no_rest_is_so_long_that_a_lease_could_end(courtesy):
    visit(courtesy, SMALL[0])
    assert courtesy.spend(LARGE, 30.0) == LONGEST


def test_a_slow_target_costs_nobody_anything(courtesy, clock):
    for _ in range(500):
        clock.now += 0.03
        visit(courtesy, SMALL[0])
        assert courtesy.spend(LARGE, COST) == 0


def test_for_a_tenant_whose_lanes_are_woken_in_vain_nobody_rests(courtesy, clock):
    """Each sweep wakes what is due, also where nothing may be sent just now."""
    visit(courtesy, SMALL[0], taken=0)
    assert flood(courtesy, clock, 0.9) == pytest.approx(1, rel=0.01)


def test_a_visit_in_vain_leaves_those_who_want_little_what_they_are(courtesy, clock):
    visit(courtesy, SMALL[0])
    visit(courtesy, SMALL[0], taken=0)
    assert flood(courtesy, clock, 0.9) < 0.5


def test_a_flood_rests_as_soon_as_a_worker_begins_for_somebody_else(courtesy, clock):
    assert flood(courtesy, clock, 1) == pytest.approx(1, rel=0.01)
    courtesy.begin(SMALL[0])
    assert flood(courtesy, clock, 0.9) < 0.5


def test_of_two_floods_that_begin_together_neither_rests_for_the_other_for_long(courtesy, clock):
    courtesy.begin(LARGE)
    courtesy.begin(SECOND)
    clock.now += MEMORY
    rested = 0.0
    for _ in range(200):
        for tenant in (LARGE, SECOND):
            rested += courtesy.spend(tenant, COST)
            clock.now += COST
    assert rested == 0


def test_a_flood_that_begins_its_next_time_slice_is_not_one_that_wants_little(courtesy, clock):
    for _ in range(50):
        courtesy.spend(LARGE, COST)
        courtesy.spend(SECOND, COST)
        clock.now += 2 * COST
    courtesy.begin(LARGE)
    assert courtesy.spend(SECOND, COST) == 0
