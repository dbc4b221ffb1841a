"""What processes use of the machine, from /proc (Linux only)."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/PID/stat behind the name, which may hold spaces.
_PARENT, _USER, _SYSTEM, _PAGES = 1, 11, 12, 21


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
