"""The sandbox's own clock: it runs like the real one and can be moved forward or back."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class Clock:
    """Seconds since 1970, shifted by what the control API asked for."""

    offset_seconds: float = 0.0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        """Return the sandbox's time in seconds since 1970."""
        return time.time() + self.offset_seconds

    def milliseconds(self) -> int:
        """Return the sandbox's time in whole milliseconds since 1970."""
        return int(self.now() * 1000)

    def iso(self, moment: float | None = None) -> str:
        """Write `moment`, or now, as ISO 8601 in UTC to the second."""
        seconds = self.now() if moment is None else moment
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

    def advance(self, seconds: float) -> None:
        """Move the clock, back if `seconds` is negative, and wake whoever waits for a moment."""
        self.offset_seconds += seconds
        self._wake()

    def reset(self) -> None:
        """Go back to real time."""
        self.offset_seconds = 0.0
        self._wake()

    async def sleep_until(self, moment: float) -> None:
        """Return once the sandbox's time has reached `moment`, by waiting or by being moved.

        Not with `wait_for`: before Python 3.12 it drops a cancel that comes with a move.
        """
        while (left := moment - self.now()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
