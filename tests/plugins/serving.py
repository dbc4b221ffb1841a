"""The live server, which a test leaves only when nobody is served any more.

The answer reaches whoever asked before the thread that gave it is done with its connection. A test
that ended then would take the database away from under it, or empty tables that it still holds.
"""

import threading
import time
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from pytest_django.live_server_helper import LiveServer

from tests.plugins.receiver import wait_until

# Updates the sandbox had sent when it was stopped may still wait to be read.
QUIET_SECONDS = 0.05


class UnderWay:
    """Counts the requests that are being answered."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._number = 0
        self._changed_at = time.monotonic()

    def started(self, **_: object) -> None:
        """Count one more."""
        self._add(1)

    def finished(self, **_: object) -> None:
        """Count one less."""
        self._add(-1)

    def _add(self, number: int) -> None:
        with self._lock:
            self._number += number
            self._changed_at = time.monotonic()

    def is_quiet(self) -> bool:
        """Say whether nothing is under way, and has not been for a moment."""
        return self._number <= 0 and time.monotonic() - self._changed_at > QUIET_SECONDS


@pytest.fixture
def live_server(
    live_server: LiveServer, transactional_db: None, request: pytest.FixtureRequest
) -> Iterator[LiveServer]:
    """Serve until the last request is answered to its end; the sandbox sends no more then."""
    under_way = UnderWay()
    request_started.connect(under_way.started)
    request_finished.connect(under_way.finished)
    yield live_server
    if "sandbox" in request.fixturenames:
        request.getfixturevalue("sandbox").reset()
    wait_until(under_way.is_quiet, "the last requests to be answered")
    request_started.disconnect(under_way.started)
    request_finished.disconnect(under_way.finished)
