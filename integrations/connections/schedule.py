"""When a connection is checked without anybody asking."""

import random
from datetime import datetime, timedelta

SOONEST, SPREAD = timedelta(hours=20), timedelta(hours=4)


def next_regular_check(at: datetime) -> datetime:
    """Return when a connection checked at ``at`` is checked again: within a day, spread out."""
    chance = random.random()  # noqa: S311 - spreads the checks, protects nothing
    return at + SOONEST + chance * SPREAD
