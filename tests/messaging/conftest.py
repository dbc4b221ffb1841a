"""The relay without a broker: a wake-up that the relay sends is written down instead."""

import pytest
from celery import current_app


@pytest.fixture
def wakes(monkeypatch) -> list[tuple[str, int]]:
    """Return the list in which every queued task appears."""
    queued: list[tuple[str, int]] = []
    monkeypatch.setattr(current_app, "send_task", lambda _name, args: queued.append(tuple(args)))
    return queued
