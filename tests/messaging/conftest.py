"""The relay without a broker: a wake-up that the relay sends is written down instead."""

import pytest
from celery import current_app

from messaging.delivery import wakeups


@pytest.fixture
def wakes(monkeypatch) -> list[tuple[str, int]]:
    """Return the list in which every queued task appears."""
    queued: list[tuple[str, int]] = []

    def send_task(_name, args, expires):
        assert expires <= 10
        queued.append(tuple(args))

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(wakeups, "broker", wakeups.Broker())
    return queued
