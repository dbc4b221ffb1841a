"""What processes use of the machine, from /proc (Linux only)."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/PID/stat behind the name, which may hold spaces.
_PARENT, _USER, _SYSTEM, _PAGES = 1, 11, 12, 21
# Positions in the first line of /proc/stat; "steal" is what the hypervisor gave to others.
_IDLE, _IOWAIT, _STEAL = 3, 4, 7


@dataclass(frozen=True, slots=True)
class Machine:
    """What became of the time of all cores, in seconds."""

    used: float
    idle: float
    stolen: float

    @classmethod
    def now(cls) -> "Machine":
        """Return what became of it since the machine has been up."""
        return cls.read(Path("/proc/stat").read_text())

    @classmethod
    def read(cls, stat: str) -> "Machine":
        """Read it from the text of /proc/stat."""
        # The two fields behind these repeat a part of the first two.
        fields = [int(field) / _TICKS for field in stat.splitlines()[0].split()[1:9]]
        idle, stolen = fields[_IDLE] + fields[_IOWAIT], fields[_STEAL]
        return cls(sum(fields) - idle - stolen, idle, stolen)

    def since(self, before: "Machine") -> "Machine":
        """Return what became of it between then and now."""
        return Machine(
            self.used - before.used, self.idle - before.idle, self.stolen - before.stolen
        )

    @property
    def of_a_core(self) -> float:
        """How much of a core a thread that always wants one gets."""
        wanted = self.used + self.stolen
        return self.used / wanted if wanted else 1.0

    @property
    def idle_share(self) -> float:
        """How much of all cores' time nobody wanted."""
        whole = self.used + self.idle + self.stolen
        return self.idle / whole if whole else 1.0


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that these processes and all their descendants have used so far."""
    return sum(_stat(pid, _USER) + _stat(pid, _SYSTEM) for pid in family(pids)) / _TICKS


def memory_bytes(pid: int) -> int:
    """Return the resident memory of one process."""
    return _stat(pid, _PAGES) * _PAGE


def family(pids: Iterable[int]) -> set[int]:
    """Return the processes and all their living descendants."""
    parents = {pid: _stat(pid, _PARENT) for pid in _all()}
    found = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _all() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _stat(pid: int, position: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[position])
