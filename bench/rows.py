"""One row of the table: what was measured, against what, and what is to be reached."""

import math
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Row:
    """A figure and its bar; ``at_most`` says on which side of the bar it has to be."""

    work: str
    reference: str
    measured: float
    bar: float
    at_most: bool = False
    unit: str = "×"
    note: str = ""
    # Everything behind the figure, for the JSON.
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Tell whether the bar is reached."""
        return self.measured <= self.bar if self.at_most else self.measured >= self.bar

    @property
    def share(self) -> float:
        """Return how far above the bar the figure is: 1 is just enough, 2 is twice as good."""
        better, worse = (self.bar, self.measured) if self.at_most else (self.measured, self.bar)
        return better / worse if worse else math.inf

    def to_json(self) -> dict[str, Any]:
        """Return everything about it."""
        return {**asdict(self), "passed": self.passed}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Return the row that ``to_json`` told about."""
        return cls(**{name: value for name, value in document.items() if name != "passed"})


def middle(values: list[float]) -> float:
    """Return the median, rounded to what is worth reading."""
    return float(f"{median(values):.4g}")


def quantile(values: list[float], share: float) -> float:
    """Return the value below which this share of them lies (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
