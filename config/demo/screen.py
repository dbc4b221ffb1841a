"""Output of the demo while it works: one line a step, with the time it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str = "") -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that a step begins, and that it is done, with its seconds."""
    lively = sys.stdout.isatty()
    if lively:
        sys.stdout.write(f"  … {title}")
        sys.stdout.flush()
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"{_start(lively)}  ✗ {title}")
        raise
    say(f"{_start(lively)}  ✓ {title}  {time.monotonic() - started:.1f} s")


def _start(lively: bool) -> str:
    """Return what brings a terminal back to the beginning of the line."""
    return "\r\x1b[K" if lively else ""
