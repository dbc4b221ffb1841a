"""Fair share of the processor: a tenant with a backlog takes its time while others want little.

The queue is fair already: a slice of time each. But on a machine whose cores are full, a few DMs of
a small tenant wait at every step behind the thousands of a large one. So while there are tenants
whose workers find a DM or two and leave again, or have just begun, whoever uses much more than
those rests after each DM. Shares are counted in the processor's time, not the clock's: a slow
target costs nobody anything.
"""

import threading
import time
from collections.abc import Callable
from math import exp
from uuid import UUID

# Sum that all heavy users get together meanwhile, of the one core a process has.
SHARE = 0.15
# Much: this many times what those use, on average, who want little, and this much of the core.
MUCH, AT_LEAST = 2.0, 0.05
# Light use: a worker found a DM or so many in the lane, and left.
FEW = 2
# Use of this many seconds ago counts a third, and light users of then no longer count.
MEMORY = 1.0
# Burst they may use at once after a while without: a dozen DMs.
_BURST = 0.05
# Less than this need not be remembered.
_TRACES = 1e-6
# No rest is longer at a time: a lease has to be kept.
LONGEST = 0.25


class Courtesy:
    """How much of this process each tenant has used lately; one for all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[UUID, float] = {}
        # Light users, and those whose worker has just begun: since when.
        self._modest: dict[UUID, float] = {}
        self._begun: dict[UUID, float] = {}
        self._at = clock()
        # Budget left to heavy users, in seconds of the processor; a debt is rested off.
        self._left = 0.0

    def begin(self, tenant: UUID) -> None:
        """Note that a worker begins in a lane of the tenant's.

        A tenant that has used little counts as wanting little before it is known how much is there:
        if the others rested only once its first DM was sent, that one would have come late.
        """
        with self._lock:
            self._forget()
            if self._used.get(tenant, 0.0) <= AT_LEAST * MEMORY:
                self._begun[tenant] = self._at

    def leave(self, tenant: UUID, taken: int) -> None:
        """Note that a worker left a lane of the tenant's after it had taken so many deliveries."""
        with self._lock:
            self._begun.pop(tenant, None)
            if not taken:
                # Held, or drained by somebody else meanwhile: that says nothing.
                return
            if taken <= FEW:
                self._modest[tenant] = self._clock()
            else:
                self._modest.pop(tenant, None)

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
        others = (self._modest.keys() | self._begun.keys()) - {tenant}
        if not others or tenant in self._modest:
            return False
        little = [self._used.get(each, 0.0) for each in others]
        return self._used[tenant] > max(MUCH * sum(little) / len(little), AT_LEAST * MEMORY)

    def _forget(self) -> None:
        """Let what was used fade, and what may be used grow, with the time that has passed."""
        at = self._clock()
        passed, self._at = at - self._at, at
        faded = exp(-passed / MEMORY)
        self._used = {each: used * faded for each, used in self._used.items() if used > _TRACES}
        for since in (self._modest, self._begun):
            for each in [each for each, moment in since.items() if at - moment >= MEMORY]:
                del since[each]
        # A short burst is nothing to rest for.
        self._left = min(self._left + passed * SHARE, _BURST)


courtesy = Courtesy()
