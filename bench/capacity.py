"""`python -m bench.capacity`: the table of docs/capacity.md, from the figures kept last."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.rows import Row
from bench.table import kept

# The customer that everything is a multiple of: a thousand people who each get twenty DMs a day.
DMS_A_DAY = 20_000
# The busiest hour has so much of the day, and the busiest seconds so many times its average.
HOUR_SHARE, PEAK = 0.15, 3
CALL_SECONDS, WORKER_THREADS, DAYS_KEPT = 0.1, 16, 30
# How full a core may be kept, and what a settled DM takes on disk.
FULL, BYTES_PER_DM = 0.6, 1_100


@dataclass(frozen=True, slots=True)
class Need:
    """What a multiple of that customer needs."""

    times: int
    cpu_seconds: float

    @property
    def peak(self) -> float:
        """DMs a second in the busiest seconds."""
        return self.times * DMS_A_DAY * HOUR_SHARE / 3600 * PEAK

    @property
    def cores(self) -> int:
        """Cores for web, workers and PostgreSQL together."""
        return math.ceil(self.peak * self.cpu_seconds / FULL)

    @property
    def workers(self) -> int:
        """Worker processes, so that as many calls are under way as the target takes time for."""
        return math.ceil(self.peak * CALL_SECONDS / WORKER_THREADS)

    @property
    def gigabytes(self) -> float:
        """Disk for what is kept, without PostgreSQL's log."""
        return self.times * DMS_A_DAY * DAYS_KEPT * BYTES_PER_DM / 1e9

    def line(self) -> str:
        """Return its row of the table."""
        return (
            f"| {self.times}× | {self.times * DMS_A_DAY:,} | {self.peak:,.1f} | {self.cores} "
            f"| {self.workers} | {self.gigabytes:,.1f} GB |"
        )


def table(cpu_seconds: float) -> str:
    """Return the table for a cost of ``cpu_seconds`` of everything of ours for one DM."""
    head = [
        "| | DMs a day | DMs/s at the peak | cores | workers, at least | disk |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(Need(times, cpu_seconds).line() for times in (1, 10, 100, 1000))])


def measured(rows: Sequence[Row]) -> float:
    """Return the CPU seconds for one DM beside old rows, out of kept results."""
    costs = rows[0].details["full"]
    return sorted(float(each["cpu"]) for each in costs)[len(costs) // 2]


if __name__ == "__main__":
    parts = kept()
    if "settled" not in parts:
        sys.exit("Nothing is kept yet: run make bench ONLY=settled.")
    cpu = measured(parts["settled"].rows)
    sys.stdout.write(f"{cpu * 1000:.1f} ms CPU per DM\n\n{table(cpu)}\n")
