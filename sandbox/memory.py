"""How much memory the process has used at most."""

import re
import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
PEAK = re.compile(r"VmHWM:\s+([0-9]+) kB")
# getrusage counts kibibytes, but bytes on macOS.
USAGE_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def peak_bytes() -> int:
    """Return the peak of resident memory.

    Linux tells it of this program alone in /proc; getrusage may count the program that started
    this one too, so it is asked only elsewhere.
    """
    found = PEAK.search(STATUS.read_text()) if STATUS.exists() else None
    if found is not None:
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * USAGE_UNIT_BYTES
