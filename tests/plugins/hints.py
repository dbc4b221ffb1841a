"""Hints to the workers, where nobody shall take them up."""

import pytest
from celery import current_app


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """Return the list in which every organization appears for which a task is queued."""
    queued: list[str] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda _name, args, **_options: queued.append(args[0])
    )
    return queued
