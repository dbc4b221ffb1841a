"""Backoff with jitter: arithmetic without a clock and without a database."""

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

FIRST_PROBE = timedelta(seconds=5)
LONGEST_PROBE = timedelta(minutes=1)

# Workplace's rate headers are in per cent of a rolling hour.
SLOW_FROM, PAUSE_FROM = 80, 95
SLOWEST = timedelta(seconds=10)
PAUSE = timedelta(minutes=2)


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


def probe_pause(probes: int, *, chance: float) -> timedelta:
    """Return how long to leave a target alone that is down, after so many probes in vain."""
    return _jittered(min(FIRST_PROBE * 2 ** min(probes, 8), LONGEST_PROBE), chance)


def pace(usage: float | None) -> timedelta | None:
    """Return how long an installation keeps still when ``usage`` per cent of a limit are used.

    From 80 % on it slows down, from 95 % on it pauses, so that the limit itself is never met.
    """
    if usage is None or usage < SLOW_FROM:
        return None
    if usage >= PAUSE_FROM:
        return PAUSE
    share = (usage - SLOW_FROM) / (PAUSE_FROM - SLOW_FROM)
    return SLOWEST * share + SLOWEST / 10 * (1 - share)


def _jittered(delay: timedelta, chance: float) -> timedelta:
    return delay * (1 - JITTER + 2 * JITTER * chance)
