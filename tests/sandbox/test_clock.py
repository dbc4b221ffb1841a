import asyncio
import time

import pytest

from sandbox.clock import Clock


def test_the_clock_runs_with_the_real_one_until_it_is_moved() -> None:
    clock = Clock()
    assert clock.now() == pytest.approx(time.time(), abs=1)
    clock.advance(3600)
    assert clock.now() == pytest.approx(time.time() + 3600, abs=1)
    clock.advance(-7200)
    assert clock.now() == pytest.approx(time.time() - 3600, abs=1)
    clock.reset()
    assert clock.now() == pytest.approx(time.time(), abs=1)


def test_a_moment_is_written_in_utc() -> None:
    assert Clock().iso(1700000000) == "2023-11-14T22:13:20+00:00"


def test_a_waiter_for_a_moment_wakes_when_the_clock_is_moved_past_it() -> None:
    async def wait() -> float:
        clock = Clock()
        waiting = asyncio.create_task(clock.sleep_until(clock.now() + 3600))
        for seconds in (1000, 2000, 1000):
            await asyncio.sleep(0)
            assert not waiting.done()
            clock.advance(seconds)
        began = time.monotonic()
        await asyncio.wait_for(waiting, 1)
        return time.monotonic() - began

    assert asyncio.run(wait()) < 0.5


def test_a_moment_that_is_past_is_not_waited_for() -> None:
    asyncio.run(asyncio.wait_for(Clock().sleep_until(0), 1))


@pytest.mark.parametrize("ticks", range(5))
def test_a_cancel_in_the_moment_of_a_move_is_not_lost(ticks: int) -> None:
    async def wait() -> bool:
        clock = Clock()
        waiting = asyncio.create_task(clock.sleep_until(clock.now() + 3600))
        await asyncio.sleep(0)
        clock.advance(1)
        for _tick in range(ticks):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting], timeout=0.5)
        return waiting.cancelled()

    assert asyncio.run(wait())
