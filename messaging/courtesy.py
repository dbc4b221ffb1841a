"""Leaving the processor to others: a tenant with a backlog takes its time while others want little.

The queue is fair already: a slice of time each. But on a machine whose cores are full, a few DMs of
a small tenant wait at every step behind the thousands of a large one. So whoever uses much more of
this process than the others do, while there are others, rests after each DM. What counts is the
processor's time, not the clock's: a slow target costs nobody anything.
"""

import threading
import time
from collections.abc import Callable
from math import exp
from uuid import UUID

# What all who use much more than the others get together, of the one core a process has.
SHARE = 0.2
# Much more: this many times what the others use on average.
MUCH = 2.0
# What was used this many seconds ago counts a third.
MEMORY = 1.0
# Who used less than this lately does not count as somebody else.
TRACES = 0.0005
# Nobody rests longer at a time: a lease has to be kept.
LONGEST = 0.25


class Courtesy:
    """How much of this process each tenant has used lately; one for all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[UUID, float] = {}
        self._at = clock()
        # What is left to those who use much, in seconds of the processor; a debt is rested off.
        self._left = 0.0

    def spend(self, tenant: UUID, seconds: float) -> float:
        """Note what a tenant has used of the processor; return for how many seconds it rests."""
        with self._lock:
            self._forget()
            self._used[tenant] = self._used.get(tenant, 0.0) + seconds
            if not self._uses_much(tenant):
                return 0.0
            self._left -= seconds
            return min(max(0.0, -self._left / SHARE), LONGEST)

    def _uses_much(self, tenant: UUID) -> bool:
        mine = self._used[tenant]
        others = [used for each, used in self._used.items() if each != tenant]
        return bool(others) and mine > MUCH * sum(others) / len(others)

    def _forget(self) -> None:
        """Let what was used fade, and what may be used grow, with the time that has passed."""
        at = self._clock()
        passed, self._at = at - self._at, at
        faded = exp(-passed / MEMORY)
        self._used = {
            tenant: used * faded for tenant, used in self._used.items() if used * faded > TRACES
        }
        self._left = min(self._left + passed * SHARE, SHARE * LONGEST)


courtesy = Courtesy()
