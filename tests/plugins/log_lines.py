"""Log lines as they leave the process."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from config.observability.logging import Lines


class _Kept(logging.Handler):
    """Writes each line at once, as a real handler does: the stack is looked at."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(Lines())

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Return the list of all lines from DEBUG upwards."""
    # It sets the level, and sets it back.
    caplog.set_level(logging.DEBUG)
    lines: list[str] = []
    handler = _Kept(lines)
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


def read(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]
