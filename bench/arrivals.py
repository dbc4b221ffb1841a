"""What the responder noted, read as facts about speed, delay and order."""

from collections import defaultdict
from dataclasses import dataclass

import requests

from bench.rows import quantile


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request at the target."""

    at: float
    recipient: str
    number: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The requests of one round, in the order in which they came."""

    all: tuple[Arrival, ...]

    @classmethod
    def take(cls, responder_url: str) -> "Arrivals":
        """Take them from the responder, which forgets them."""
        lines = requests.get(f"{responder_url}/log", timeout=60).text.splitlines()
        fields = (line.split() for line in lines)
        return cls(tuple(Arrival(float(at), to, int(number)) for at, to, number in fields))

    def per_second(self) -> float:
        """Return the speed in the middle nine tenths, without the slow start and end."""
        times = [arrival.at for arrival in self.all]
        first, last = quantile(times, 0.05), quantile(times, 0.95)
        return 0.9 * len(times) / (last - first)

    def out_of_order(self) -> int:
        """Return how many came after a later one for the same recipient."""
        highest: dict[str, int] = defaultdict(int)
        late = 0
        for arrival in self.all:
            late += arrival.number < highest[arrival.recipient]
            highest[arrival.recipient] = max(highest[arrival.recipient], arrival.number)
        return late

    def repeated(self) -> int:
        """Return how many were there before."""
        return len(self.all) - len({arrival.number for arrival in self.all})

    def first_at(self) -> dict[int, float]:
        """Return when each number came first."""
        found: dict[int, float] = {}
        for arrival in self.all:
            found.setdefault(arrival.number, arrival.at)
        return found
