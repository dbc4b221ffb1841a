"""When to try again: arithmetic without a clock and without a database."""

from datetime import timedelta

# Delay before the second, third … call of a delivery; after the last one it is given up.
DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
JITTER = 0.2


def delay_after(tries: int, *, chance: float) -> timedelta | None:
    """Return how long to wait after ``tries`` failed calls, or None when they were enough.

    ``chance`` from 0 to 1 moves the delay by up to ``JITTER`` either way, so that what failed
    together does not come back together.
    """
    if tries > len(DELAYS):
        return None
    return _jittered(DELAYS[tries - 1], chance)


def outage_delay(tries: int, *, chance: float) -> timedelta:
    """Return how long to wait while the platform is down, which spends no delivery's budget."""
    return _jittered(DELAYS[min(tries, 4) - 1], chance)


def _jittered(delay: timedelta, chance: float) -> timedelta:
    return delay * (1 - JITTER + 2 * JITTER * chance)
