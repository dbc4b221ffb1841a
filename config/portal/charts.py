"""A small chart of the last day as shapes for an SVG: no script, no style, no library."""

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.support.traffic import Hour

WIDTH, HEIGHT = 480, 96
_STACK = ("delivered", "waiting", "unconfirmed", "failed")


@dataclass(frozen=True, slots=True)
class Block:
    """One rectangle; ``kind`` names its colour in the stylesheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float


def blocks(hours: Sequence[Hour]) -> list[Block]:
    """Return the bars, one for each hour; what is not nothing is at least two units high."""
    most = max((hour.total for hour in hours), default=0)
    if not most:
        return []
    step = WIDTH / len(hours)
    found = []
    for place, hour in enumerate(hours):
        top = float(HEIGHT)
        for kind in _STACK:
            if count := getattr(hour, kind):
                height = max(2.0, round(count / most * (HEIGHT - 8), 1))
                top -= height
                x, width = round(place * step + 1, 1), round(step - 2, 1)
                found.append(Block(kind, x, round(max(0.0, top), 1), width, height))
    return found
